"""A model file carries what is a model's own; flags win over it, and what it says decides the run like flags do."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from asking import PROGRAM
from command import gifmcts, result
from openai_server import OpenAIServer, continuing

from gifmcts.assembly import plan
from gifmcts.errors import ConfigError
from gifmcts.models.catalog import ModelSettings
from gifmcts.models.modelfile import describe
from gifmcts.settings import RunSettings, SamplingPreset, SamplingSettings
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Sampling

FILE = """
name = "server/tuned"
base_url = "http://127.0.0.1:1"
context = 4096

[sampling]
preset = "greedy"
max_tokens = 900
stop = ["<end>"]

[chat]
enable_thinking = false
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A model file."""
    path = tmp_path / "tuned.toml"
    path.write_text(FILE)
    return path


def test_a_file_says_all_of_a_model(file: Path) -> None:
    """Name, address, context, sampling and what its template is told."""
    found = describe(str(file), ModelSettings(max_in_flight=3), SamplingSettings())
    assert found.model == "server/tuned"
    settings = ModelSettings(base_url=("http://127.0.0.1:1",), context=4096, chat={"enable_thinking": False}, max_in_flight=3)
    assert found.settings == settings
    assert found.sampling == Sampling(0.0, None, None, 900, ("<end>",))


def test_flags_win_over_a_file(file: Path) -> None:
    """Single flags over the file's, and a preset over the file's preset and values that it sets as well."""
    found = describe(str(file), ModelSettings(base_url=("http://127.0.0.1:2",), context=99), SamplingSettings(temperature=0.3, stop=("x",)))
    assert (found.settings.base_url, found.settings.context) == (("http://127.0.0.1:2",), 99)
    assert found.sampling == Sampling(0.3, None, None, 900, ("x",))
    paper = describe(str(file), ModelSettings(), SamplingSettings(SamplingPreset.PAPER_LLAMA3, top_k=0))
    assert paper.sampling == Sampling(1.0, 0.8, None, 1500, ("<end>",))


def test_presets_of_sampling() -> None:
    """The paper's is the default; greedy changes how tokens are drawn and not how many."""
    assert SamplingSettings().resolved() == Sampling(1.0, 0.8, 100, 1500, ())
    assert SamplingSettings(SamplingPreset.PAPER_LLAMA3).resolved() == Sampling(1.0, 0.8, 100, 1500, ())
    assert SamplingSettings(SamplingPreset.GREEDY).resolved() == Sampling(0.0, None, None, 1500, ())
    assert SamplingSettings(SamplingPreset.GREEDY, temperature=0.2, top_p=1.0).resolved() == Sampling(0.2, 1.0, None, 1500, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 3", "Expected `str`, got `int`"),
        ("", "missing required field `name`"),
        ('name = "server/x"\ncontxt = 3', r"no key 'contxt' \(did you mean 'context'\?\)"),
        ('name = "server/x"\napi_key = "secret"', "no key 'api_key'"),
        ('name = "server/x"\n[sampling]\ntemprature = 0.1', r"\[sampling\] has no key 'temprature' \(did you mean 'temperature'\?\)"),
        ('name = "server/x"\n[sampling]\npreset = "gredy"', "Invalid enum value 'gredy'"),
        ('name = "server/x"\n[sampling]\ntemperature = -1.0', "--temperature ≥ 0"),
        ('name = "server/x"\nsampling = 3', "Expected `object`, got `int`"),
        ('name = "other.toml"', "not another file"),
        ('name = "server/x"\n[chat]\nbias = inf', r"\[chat\] cannot be sent"),
        ("name = ", "is not TOML"),
        (None, "cannot be read: No such file"),
    ],
    ids=str,
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str | None, message: str) -> None:
    """Misspelt keys get a suggestion, as everywhere."""
    path = tmp_path / "model.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        describe(str(path), ModelSettings(), SamplingSettings())


@pytest.mark.parametrize(
    "text", ["x = " + "[" * 50_000, f"[chat.{'.'.join('a' * 5000)}]\nx = 1", "# " + "x" * (1 << 20)], ids=["lists", "keys", "long"]
)
def test_a_file_that_is_no_model_file_is_refused(tmp_path: Path, text: str) -> None:
    """Nested beyond reading, or of a size that no settings have."""
    path = tmp_path / "model.toml"
    path.write_text(f'name = "server/x"\n{text}\n')
    with pytest.raises(ConfigError, match="is not TOML|no file of at most 1 MiB|cannot be sent"):
        describe(str(path), ModelSettings(), SamplingSettings())


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """What is no file is refused at once."""
    os.mkfifo(tmp_path / "model.toml")
    with pytest.raises(ConfigError, match="no file"):
        describe(str(tmp_path / "model.toml"), ModelSettings(), SamplingSettings())


def test_what_decides_answers_is_part_of_the_configuration(file: Path) -> None:
    """A run by a file is the run by the same flags; where a server stands and how patient one is change nothing."""

    def config(model: str, settings: ModelSettings, sampling: SamplingSettings) -> dict[str, object]:
        return dict(plan(Tiny(), TinyOptions(), RunSettings(model=model), sampling, settings).manifest.config)

    by_file = config(str(file), ModelSettings(), SamplingSettings())
    flags = ModelSettings(base_url=("http://127.0.0.1:9",), context=4096, chat={"enable_thinking": False}, request_timeout=9.0)
    sampling = SamplingSettings(SamplingPreset.GREEDY, max_tokens=900, stop=("<end>",))
    assert by_file == config("server/tuned", flags, sampling)
    assert by_file["context"] == 4096
    for other in (replace(flags, context=4095), replace(flags, chat={})):
        assert config("server/tuned", other, sampling) != by_file
    assert ModelSettings(dtype="bfloat16", vllm_arg=("--seed=1",)).deciding() == {"dtype": "bfloat16", "vllm_arg": ("--seed=1",)}


def test_a_run_by_a_file_is_continued_by_that_file_alone(tmp_path: Path) -> None:
    """After an edit of the file the run is refused, with the difference; what the server got is what the file says."""
    words = ("run", "apps", "--limit", "1", "--budget", "2", "--model", "mine.toml", "--name", "one")
    with OpenAIServer(continuing(PROGRAM)) as server:
        text = f'name = "server/tiny"\nbase_url = "{server.url}"\n[sampling]\ntemperature = 0.25\nmax_tokens = 700\n'
        (tmp_path / "mine.toml").write_text(text)
        first = result(tmp_path, *words)
        assert result(tmp_path, *words) == first
        sent = server.sent("/v1/completions")
        (tmp_path / "mine.toml").write_text(text.replace("0.25", "0.5"))
        other = gifmcts(tmp_path, *words)
    assert {(one.body["temperature"], one.body["max_tokens"], one.body["top_k"]) for one in sent} == {(0.25, 700, 100)}
    assert first["model"] == "server/tiny"
    assert other.returncode == 2
    assert [line.strip() for line in other.stderr.splitlines() if " there, " in line] == ["sampling.temperature: 0.25 there, 0.5 now"]
