"""A checkpoint in this process: chats to token ids, batches of prompts to answers, by the transformers library."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
import transformers
from jinja2 import TemplateError

from gifmcts.errors import ModelUnavailable, PreflightError
from gifmcts.models.batching import Asked
from gifmcts.models.drawing import Full, Line, Pen
from gifmcts.models.joining import without_system
from gifmcts.models.recent import Recent
from gifmcts.models.replies import cut_at
from gifmcts.types import Chat, Finish, Message, Role, Sampling

_phase = logging.getLogger("gifmcts.phase")

_REMEMBERED = 2048
_CONTEXT = ("max_position_embeddings", "max_seq_len", "seq_length")
"""What configurations call the number of tokens that prompt and answer have together."""
_THINK = "<think>"
_NEWLY_CLOSED = "\n</think>\n\n"
_TAIL = 8
"""Ids of the prompt after which an answer is read: some tokenizers write a token otherwise at the beginning of a text."""
_BYTES = 4
"""Bytes of a character, and so tokens, at most."""
_QUESTION = Message(Role.USER, "Write a Python program.")


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids to be continued, how tokens are drawn, and by which seed."""

    ids: tuple[int, ...]
    sampling: Sampling
    seed: int


@dataclass(frozen=True, slots=True)
class Written:
    """The text of one answer, exactly from where its prompt ended, and the number of its tokens, the one that ended it included."""

    text: str
    tokens: int
    finish: Finish


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how precisely a checkpoint is computed."""

    device: str = "auto"
    """As PyTorch names them; ``auto`` is cuda where there is one, else cpu."""
    dtype: str = "auto"
    """``auto`` is the checkpoint's own on an accelerator and float32 on a cpu."""

    def resolved(self) -> "tuple[torch.device, torch.dtype | str]":
        """The device and the type of the weights.

        Raises:
            PreflightError: there is no such device or type.
        """
        found = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            device = torch.device(found if self.device == "auto" else self.device)
        except RuntimeError as error:
            raise PreflightError(f"--device {self.device}: {_first_line(error)}") from error
        if device.type == "cuda" and not (torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()):
            raise PreflightError(f"--device {self.device}: PyTorch sees {torch.cuda.device_count()} CUDA devices here; use --device cpu")
        if self.dtype == "auto":
            return device, torch.float32 if device.type == "cpu" else "auto"
        dtype = getattr(torch, self.dtype, None)
        if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
            raise PreflightError(f"--dtype {self.dtype}: use auto, float32, bfloat16 or float16")
        return device, dtype


class Checkpoint:
    """A tokenizer and, once something is to be written, the weights; prompts may be made while another thread writes."""

    def __init__(self, name: str, place: Place, chat: Mapping[str, object], context: int | None) -> None:
        """Load all but the weights.

        Raises:
            PreflightError: no such checkpoint, or one that cannot be asked; the message says what to do.
        """
        self.name, self._chat, self._folds = name, dict(chat), False
        self.device, self._dtype = place.resolved()
        try:
            self._config = transformers.AutoConfig.from_pretrained(name)
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError) as error:
            raise PreflightError(f"{name} cannot be loaded: {_first_line(error)}") from error
        if not self._tokenizer.chat_template:
            raise PreflightError(
                f"{name} has no chat template: it was not made for chats; use a checkpoint that was (often called -Instruct)"
            )
        text = self._config.get_text_config()
        known = next((int(size) for key in _CONTEXT if (size := getattr(text, key, None))), None)
        if context is not None and known is not None and context > known:
            raise PreflightError(f"the context of {context} tokens is more than the {known} of {name}")
        self.context = context or known
        self._folds = not self._renders(Message(Role.SYSTEM, "You write programs."), _QUESTION)
        if self._folds and not self._renders(_QUESTION):
            raise PreflightError(f"the chat template of {name} cannot render a question by a user; correct the checkpoint")
        self.thinking = self._text((_QUESTION,)).rstrip().endswith(_THINK)
        self._rendered: Recent[tuple[Message, ...] | str, tuple[int, ...]] = Recent(_REMEMBERED)
        self._model: Any = None
        self._tokenizing = Lock()

    @property
    def dtype(self) -> str:
        """The type of the weights."""
        return str(self._model.dtype if self._model is not None else self._dtype).removeprefix("torch.")

    def prompt(self, chat: Chat) -> tuple[int, ...]:
        """The chat's token ids as its template renders them, and then the prefill's, to its last character."""
        asked = chat.messages[:-1] if chat.prefill else chat.messages
        front = self._rendered.get(asked)
        if front is None:
            front = self._rendered.put(asked, self._ids(self._text(asked)))
        if not chat.prefill:
            return front
        prefill = _NEWLY_CLOSED + chat.prefill if self.thinking else chat.prefill
        back = self._rendered.get(prefill)
        return front + (self._rendered.put(prefill, self._ids(prefill)) if back is None else back)

    def load(self) -> None:
        """Load the weights, unless they are loaded.

        Raises:
            PreflightError: they cannot be read, or do not fit.
        """
        if self._model is not None:
            return
        _phase.info("loading %s on %s", self.name, self.device)
        transformers.utils.logging.disable_progress_bar()
        try:
            model = transformers.AutoModelForCausalLM.from_pretrained(self.name, dtype=self._dtype).to(self.device)
        except (OSError, ValueError, RuntimeError) as error:
            raise PreflightError(f"{self.name} cannot be loaded on {self.device}: {_first_line(error)}") from error
        ends = model.generation_config.eos_token_id
        self._ends = frozenset([*(ends if isinstance(ends, list) else [ends]), self._tokenizer.eos_token_id]) - {None}
        # What a checkpoint recommends, such as a penalty for repetition, would be drawn by without being recorded.
        model.generation_config = transformers.GenerationConfig()
        self._model = model.eval()

    def release(self) -> None:
        """Give the weights' memory back; they are loaded again when they are needed."""
        self._model = None
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def write(self, batch: Sequence[Asked[Prompt, Written]]) -> list[Written]:
        """Continue prompts that share their sampling; a line ends at an end token, a stop string, the limit, or when it is abandoned.

        Raises:
            PreflightError: the weights cannot be loaded.
            ModelUnavailable: the device failed, most often for lack of memory.
        """
        self.load()
        prompts = [asked.question for asked in batch]
        sampling = prompts[0].sampling
        lines = [Line(asked.question.seed, lambda asked=asked: asked.abandoned) for asked in batch]  # type: ignore[misc]
        pen = Pen(lines, sampling, self._ends, lambda ids: self._holds(ids, sampling.stop))
        try:
            self._generate([prompt.ids for prompt in prompts], pen, Full(lines), sampling.max_tokens)
        except RuntimeError as error:
            told = f"{self.name} failed on {self.device} with {len(batch)} answers at once: {_first_line(error)}"
            raise ModelUnavailable(f"{told}; a smaller --max-in-flight needs less memory, and the same command continues") from error
        return [self._written(prompt, line) for prompt, line in zip(prompts, lines, strict=True)]

    def _generate(self, prompts: Sequence[tuple[int, ...]], pen: Pen, full: Full, room: int) -> None:
        longest = max(map(len, prompts))
        ids = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts], device=self.device)
        seen = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=self.device)
        how = transformers.GenerationConfig(max_new_tokens=room, do_sample=False, use_cache=True, pad_token_id=0)
        with torch.inference_mode():
            self._model.generate(
                ids,
                attention_mask=seen,
                generation_config=how,
                logits_processor=transformers.LogitsProcessorList([pen]),
                stopping_criteria=transformers.StoppingCriteriaList([full]),
            )

    def _written(self, prompt: Prompt, line: Line) -> Written:
        ended = line.finish or Finish.LENGTH
        text = self._after(prompt.ids, line.ids[:-1] if line.ids and line.ids[-1] in self._ends else line.ids)
        stopped = cut_at(text, prompt.sampling.stop)
        return Written(text, len(line.ids), ended) if stopped is None else Written(stopped, len(line.ids), Finish.STOP)

    def _holds(self, ids: list[int], stops: tuple[str, ...]) -> bool:
        """Whether the end of an answer holds a stop string that its last token may have completed."""
        if not stops:
            return False
        last = ids[-(_BYTES * max(map(len, stops)) + _BYTES) :]
        return cut_at(self._decode(last), stops) is not None and cut_at(self._decode(ids), stops) is not None

    def _after(self, prompt: tuple[int, ...], ids: list[int]) -> str:
        """The text of ids that follow a prompt, exactly from where the prompt ended."""
        before = list(prompt[-_TAIL:])
        whole, known = self._decode(before + ids), self._decode(before)
        return whole[len(known) :] if whole.startswith(known) else self._decode(ids)

    def _decode(self, ids: list[int]) -> str:
        with self._tokenizing:
            return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _ids(self, text: str) -> tuple[int, ...]:
        with self._tokenizing:
            return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _renders(self, *messages: Message) -> bool:
        try:
            self._text(messages)
        except TemplateError:
            return False
        return True

    def _text(self, messages: Sequence[Message]) -> str:
        """The chat as the template renders it, up to where the assistant begins; a template without a system role gets it from the user."""
        messages = without_system(tuple(messages)) if self._folds else messages
        said = [{"role": message.role.value, "content": message.content} for message in messages]
        told = {**self._chat, "tokenize": False, "add_generation_prompt": True}
        return str(self._tokenizer.apply_chat_template(said, **told))


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
