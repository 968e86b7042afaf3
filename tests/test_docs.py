"""Every command in the documentation runs as it stands there."""

import gzip
import json
import re
import shlex
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from urllib.request import urlopen

import pytest
from command import gifmcts, started
from openai_server import OpenAIServer, continuing
from standing_vllm import interpreter

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
MODEL_FILE = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/models.md").read_text(), re.DOTALL)[0]
BLOCK = re.compile(r"(?:<!-- ([\w ]+) -->\n)?```bash\n(.*?)```", re.DOTALL)


def commands(page: Path) -> list[str]:
    """The commands of a page, but for the two that set up everything, which CI runs by themselves."""
    found = []
    for mark, text in BLOCK.findall(page.read_text()):
        if mark not in ("run command", "test command"):
            found += text.replace("\\\n", " ").strip().splitlines()
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages speak of: data, programs, configurations, two runs and a grading."""
    place = tmp_path_factory.mktemp("docs")
    interpreter(place)
    (place / "apps.jsonl").write_bytes(files("apps_eval").joinpath("mini/problems.jsonl").read_bytes())
    (place / "apps.jsonl.gz").write_bytes(gzip.compress((place / "apps.jsonl").read_bytes()))
    (place / "configs").symlink_to(ROOT / "configs")
    for name, page in (("run.toml", "apps.md"), ("no-fix.toml", "ablations.md")):
        (place / name).write_text(re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)[0])
    for name, budget in (("RUN", "2"), ("OTHER", "3")):
        made = gifmcts(place, "run", "apps", "--name", name, "--ids", "0-5", "--budget", budget)
        assert made.returncode == 0, made.stderr
    sources = {str(problem): [f"print({number})" for number in range(5)] for problem in range(4)}
    (place / "all_codes.json").write_text(json.dumps(sources))
    (place / "exclude.jsonl").write_text('{"problem_id": "1", "reason": "several valid answers"}\n')
    rows = [{"problem_id": problem, "source": source} for problem, texts in sources.items() for source in texts]
    (place / "programs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    graded = gifmcts(place, "grade", "programs.jsonl", "--data", "apps.jsonl")
    assert graded.returncode == 0, graded.stderr
    return place


@pytest.mark.parametrize(
    ("page", "command"), [pytest.param(page, line, id=f"{page.stem}: {line}") for page in PAGES for line in commands(page)]
)
def test_a_command_of_the_documentation_runs(place: Path, page: Path, command: str) -> None:
    """It ends with status 0, against a server on loopback where it speaks of one, and with a stand-in for vLLM."""
    words = shlex.split(command)
    assert words[0] == "gifmcts", f"{page.name} shows a command that is not tested: {command}"
    if words[1] == "view":
        _serves(place, words[1:])
        return
    with OpenAIServer(continuing("print(1)\n"), models=("NAME",)) as server:
        (place / "model.toml").write_text(MODEL_FILE.replace("http://127.0.0.1:8000", server.url))
        addressed = [word.replace("http://127.0.0.1:8000", server.url) for word in words[1:]]
        done = gifmcts(place, *addressed, GIFMCTS_VLLM_PYTHON=str(place / "python"))
    assert done.returncode == 0, done.stderr


def _serves(place: Path, words: list[str]) -> None:
    """The command answers at the address that it prints, on any free port, until it is interrupted."""
    process = started(place, *words, *([] if "--port" in words else ["--port", "0"]))
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, process.communicate()[1]
        with urlopen(address, timeout=30) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors


def test_the_python_of_the_documentation_runs(tmp_path: Path) -> None:
    """Each block of Python is a whole program."""
    blocks = [text for page in PAGES for text in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)]
    assert len(blocks) >= 2
    for number, text in enumerate(blocks):
        file = tmp_path / f"block_{number}.py"
        file.write_text(text)
        done = subprocess.run([sys.executable, str(file)], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_every_link_between_pages_leads_somewhere() -> None:
    """No page points to a file that does not exist."""
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"
