"""A vLLM server that the run starts itself: begun when it is first asked, begun again when it dies, and never left behind."""

import asyncio
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest
from asking import PROGRAM, SAMPLING, ask, continued
from command import GIFMCTS, environment, gifmcts, wait_for_attempts
from family import all_end, descendants
from openai_server import OpenAIServer, continuing
from standing_vllm import interpreter

from gifmcts.errors import ConfigError, ModelUnavailable, PreflightError
from gifmcts.models.catalog import ModelSettings, OpenedModel, open_model


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter that finds a stand-in for vLLM."""
    return interpreter(tmp_path)


def opened(python: Path, name: str = "tiny", *words: str, folder: Path | None = None) -> OpenedModel:
    """The model on a server of its own."""
    settings = ModelSettings(vllm_python=python, vllm_arg=words, folder=folder, retry_seconds=20)
    return open_model(f"vllm/{name}", settings, lambda task: (), 0)


async def times(model: OpenedModel, count: int) -> list[str]:
    """The texts of that many calls in a row, and the model closed."""
    return [one.text for one in await ask(model, *[continued("```python\n")] * count)]


def test_a_server_is_started_when_it_is_asked_and_ends_with_the_model(python: Path, tmp_path: Path) -> None:
    """Opening and trying out start nothing; a call does; closing ends every process, also in a session of its own."""

    async def use() -> list[int]:
        before = descendants(os.getpid())
        model = opened(python, folder=tmp_path / "run")
        await model.preflight()
        assert descendants(os.getpid()) == before
        try:
            await model.complete(continued("```python\n"), SAMPLING, 0)
            assert model.facts()["model"] == "vllm/tiny"
            assert "token ids" in model.facts()["continuation"]
            return [process for process in descendants(os.getpid()) if process not in before]
        finally:
            await model.close()

    family = asyncio.run(use())
    assert len(family) >= 3
    assert all_end(family, 0.0)
    log = (tmp_path / "run" / "vllm.log").read_text()
    assert "--host 127.0.0.1" in log
    assert "--no-enable-chunked-prefill" in log


def test_a_server_that_dies_is_started_again(python: Path) -> None:
    """Seven answers come from a server that is killed after every third."""
    assert len(set(asyncio.run(times(opened(python, "tiny", "--dies-after 3"), 7)))) == 1


def test_a_server_that_dies_at_once_is_given_up(python: Path) -> None:
    """A server that dies before it has answered anything is not started again and again; the message has the log."""
    with pytest.raises(ModelUnavailable, match="ended with status 137.*vllm.*log"):
        asyncio.run(times(opened(python, "tiny", "--dies-after=0"), 1))


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("(EngineCore pid=1) ERROR ValueError: no memory is left", "ValueError: no memory is left"),
        ("pydantic.ValidationError: 1 validation error\n  Value error, no model is there.\nPlease look", "Value error, no model is there."),
        ("INFO nothing else", "RuntimeError: See root cause above."),
        ("ValueError: \x1b[31mred", "ValueError: \\x1b[31mred"),
    ],
    ids=["error", "pydantic", "wrapped", "escapes"],
)
def test_a_server_that_cannot_load_says_why(python: Path, tmp_path: Path, words: str, cause: str) -> None:
    """The line of the log that names the cause is the message."""
    with pytest.raises(PreflightError, match=re.escape(f"could not serve tiny: {cause}; its whole log is")):
        asyncio.run(times(opened(python, "tiny", shlex.join(["--fails", words]), folder=tmp_path), 1))
    assert words in (tmp_path / "vllm.log").read_text()


def test_an_earlier_death_is_not_told_again(python: Path, tmp_path: Path) -> None:
    """The log of a run is continued with every start; the cause is looked for in the last one alone."""
    (tmp_path / "vllm.log").write_text("ValueError: trouble of yesterday\n")
    with pytest.raises(ModelUnavailable, match="ended with status 137") as caught:
        asyncio.run(times(opened(python, "tiny", "--dies-after=0", folder=tmp_path), 1))
    assert "yesterday" not in str(caught.value)
    assert "yesterday" in (tmp_path / "vllm.log").read_text()


@pytest.mark.parametrize(
    "word",
    ["--port=8000", "--port 8000", "--host=0.0.0.0", "--served_model_name=a", "--model=b", "--api-key=sk-hidden", "--hf_token sk-hidden"],
)
def test_words_that_would_lose_the_server_or_show_a_key_are_not_passed_on(word: str) -> None:
    """Each says why; a key is in no message."""
    with pytest.raises(ConfigError, match=f"--vllm-arg cannot set {re.split('[ =]', word)[0].replace('_', '-')}: ") as caught:
        opened(Path("/nowhere/python"), "tiny", word)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(("name", "missing"), [("tiny:", "adapter after"), (":tuned", "model before"), (":", "model before")])
def test_a_colon_joins_a_model_and_an_adapter(name: str, missing: str) -> None:
    """A half of the pair is no name, and is not found out after minutes of loading."""
    with pytest.raises(ConfigError, match=f"names no {missing} the colon"):
        opened(Path("/nowhere/python"), name)


def test_an_adapter_is_asked_by_its_own_name(python: Path, tmp_path: Path) -> None:
    """``base:adapter`` serves both, with room for the adapter's rank, and asks the adapter."""
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"r": 24}')
    model = opened(python, f"tiny:{adapter}")
    assert asyncio.run(times(model, 1))
    assert "--max-lora-rank 32" in model.facts()["vllm"]


def test_no_key_of_ours_reaches_the_server(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has a key of its own and none that the environment holds for others; neither is written anywhere."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret-of-ours")
    asyncio.run(times(opened(python, folder=tmp_path), 1))
    lines = (tmp_path / "vllm.log").read_text().splitlines()
    assert lines[1] == "False"
    assert "secret-of-ours" not in "".join(lines)


def test_a_server_that_runs_already_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """VLLM_BASE_URL names servers that somebody keeps; they are asked, not started, and their arguments cannot be changed."""
    with OpenAIServer(continuing(PROGRAM)) as server:
        monkeypatch.setenv("VLLM_BASE_URL", server.url)
        assert asyncio.run(times(opened(Path("/nowhere/python")), 1))
        assert server.sent("/v1/completions")
        with pytest.raises(ConfigError, match="--vllm-arg cannot change the servers that run already"):
            opened(Path("/nowhere/python"), "tiny", "--max-model-len=5")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """Without vLLM the message says what to install; a path that does not exist is told before anything is started."""
    with pytest.raises(PreflightError, match=r"vLLM is not installed for /nowhere/python: pip install 'gifmcts\[vllm\]'"):
        asyncio.run(opened(Path("/nowhere/python")).preflight())
    with pytest.raises(ConfigError, match="there is nothing at /nowhere/checkpoint"):
        opened(Path("/nowhere/python"), "/nowhere/checkpoint")
    with pytest.raises(ConfigError, match="no model is named"):
        opened(Path("/nowhere/python"), "")


def test_a_run_shows_the_loading_and_keeps_the_log(python: Path, tmp_path: Path) -> None:
    """From nothing to a report: the phase on standard error, the log in the run's folder; the finished run starts no server again."""
    words = ("run", "apps", "--name", "r", "--model", "vllm/tiny", "--vllm-python", str(python), "--limit", "3", "--budget", "2")
    done = gifmcts(tmp_path, *words, "--vllm-arg=--max-model-len=50000")
    assert done.returncode == 0, done.stderr
    assert "loading tiny by vLLM; its log is runs/r/vllm.log" in done.stderr
    log = (tmp_path / "runs/r/vllm.log").read_text()
    assert "--max-model-len=50000" in log
    again = gifmcts(tmp_path, *words, "--vllm-arg=--max-model-len=50000")
    assert "finished already" in again.stderr
    assert (tmp_path / "runs/r/vllm.log").read_text() == log
    other = gifmcts(tmp_path, *words)
    assert other.returncode == 2
    assert "vllm_arg" in other.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_behind(python: Path, tmp_path: Path, number: signal.Signals) -> None:
    """However the command ends, the server, its engine and the keeper end too."""
    words = ["run", "apps", "--name", "r", "--model", "vllm/tiny", "--vllm-python", str(python), "--budget", "500", "--concurrency", "1"]
    with subprocess.Popen([GIFMCTS, *words], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True) as run:
        wait_for_attempts(tmp_path, "r", 1, run)  # type: ignore[arg-type]
        family = [process for process in descendants(run.pid) if process != run.pid]
        run.send_signal(number)
        run.communicate(timeout=60)
    assert len(family) >= 3
    assert all_end(family, 20)


def test_a_kill_by_name_leaves_nothing_behind(python: Path, tmp_path: Path) -> None:
    """``pkill -9 -f gifmcts`` ends the run at once and spares its keeper, which ends the server."""
    words = ["run", "apps", "--name", "r", "--model", "vllm/tiny", "--vllm-python", str(python), "--budget", "500", "--concurrency", "1"]
    with subprocess.Popen([GIFMCTS, *words], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True) as run:
        wait_for_attempts(tmp_path, "r", 1, run)  # type: ignore[arg-type]
        family = [process for process in descendants(run.pid) if process != run.pid]
        named = [process for process in family if b"gifmcts" in Path(f"/proc/{process}/cmdline").read_bytes()]
        keepers = [process for process in family if b"vllm keeper" in Path(f"/proc/{process}/cmdline").read_bytes()]
        for process in [run.pid, *named]:
            os.kill(process, signal.SIGKILL)
        run.communicate(timeout=60)
    assert len(keepers) == 1
    assert not set(keepers) & set(named)
    assert all_end(family, 20)


def test_a_killed_keeper_takes_the_server_along(python: Path) -> None:
    """Whoever kills the keeper leaves no server that computes for nobody."""

    async def use() -> list[int]:
        before = descendants(os.getpid())
        model = opened(python)
        await model.complete(continued("```python\n"), SAMPLING, 0)
        family = [process for process in descendants(os.getpid()) if process not in before]
        os.kill(family[0], signal.SIGKILL)
        engine, *left = sorted(family[1:], key=lambda process: "EngineCore" not in Path(f"/proc/{process}/cmdline").read_text())
        assert all_end(left, 20)
        await model.close()
        os.kill(engine, signal.SIGKILL)  # it left its session, so that only the keeper could have found it
        return left

    assert asyncio.run(use())
