"""The view answers on this machine, reads, and shows text as text."""

import os
import shutil
import signal
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from command import gifmcts, started
from finished_runs import finished
from viewing import Hostile, Verbose, ask, viewed

from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.view.pages import CHANGED
from gifmcts.view.shelf import is_running

PAGES = ["/", "/run/one", "/run/one/tiny-0", "/run/one/tiny-0?attempt=2", "/side?a=one&b=two", "/side/tiny-0?a=one&b=two&x=1"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs."""
    place = tmp_path_factory.mktemp("view") / "runs"
    finished(place / "one", budget=6)
    finished(place / "two", budget=6, strategy="best-of-n")
    return place


class Outline(HTMLParser):
    """The tags of a page, and whether they close as they opened."""

    void = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_and_is_whole(runs: Path, path: str) -> None:
    """Every mark that it opens it closes; asked again by its tag, nothing is sent."""
    with viewed(runs) as address:
        status, headers, text = ask(address, path)
        assert status == 200
        assert len(Outline(text).tags) > 20
        assert ask(address, path, If_None_Match=headers["etag"])[::2] == (304, "")


def test_an_attempt_shows_what_is_known_of_it(runs: Path) -> None:
    """Its prompt, its answer, its program, and each test with what it expects and what came."""
    _, attempts = RunFolder(runs / "one").tree("tiny-0")
    chosen = next(one for one in attempts if one.program and any(check.detail for check in one.evaluation.checks))
    with viewed(runs) as address:
        words = "".join(Outline(ask(address, f"/run/one/tiny-0?attempt={chosen.index}")[2]).words)
    assert chosen.program is not None
    assert all(line in words for line in chosen.program.lines)
    assert chosen.chat[0].content.strip() in words
    assert chosen.completion.text.strip() in words
    assert "expected" in words
    assert "got" in words
    assert str(chosen.seed) in words


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example:1", "[::2]", "0.0.0.0", ""]
)
def test_another_name_is_refused(runs: Path, host: str) -> None:
    """A page elsewhere whose name leads here learns nothing."""
    with viewed(runs) as address:
        status, headers, text = ask(address, "/", Host=host)
        assert status in (400, 403)
        assert "one" not in text.split()
        assert status == 400 or "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:1", "[::1]:8765"])
def test_the_names_of_this_machine_are_answered(runs: Path, host: str) -> None:
    """With any port, since a tunnel changes it."""
    with viewed(runs) as address:
        assert ask(address, "/", Host=host)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(runs: Path, method: str) -> None:
    """There is no route that does anything but read."""
    with viewed(runs) as address:
        assert ask(address, "/run/one", method)[0] == 405


PATHS = [
    "..",
    "../secret",
    "%2e%2e/secret",
    "..%2fsecret",
    "..%5csecret",
    ".",
    "%00",
    "one/..",
    "one%2f..%2f..%2fsecret",
    "/etc",
    "%2fetc%2fpasswd",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_runs(runs: Path, path: str) -> None:
    """A folder beside the runs that looks like one is not to be had, by whatever spelling, as a run, a problem or a file."""
    secret = runs.parent / "secret"
    if not secret.exists():
        finished(secret, budget=1)
    with viewed(runs) as address:
        for place in (f"/run/{path}", f"/run/{path}/tiny-0", f"/run/one/{path}", f"/run/one/{path}/trees/tiny-0", f"/static/{path}"):
            status, headers, text = ask(address, place)
            assert status == 404, place
            assert "seed" not in text
            assert "content-security-policy" in headers
        assert ask(address, f"/side?a=one&b={path}")[0] == 404


def test_programs_are_shown_and_never_run(tmp_path: Path) -> None:
    """What a model or a program wrote adds no mark to any page, and control characters are spelt out."""
    finished(tmp_path / "evil", Hostile, budget=4, options=TinyOptions(problems=1, lines=4))
    with viewed(tmp_path) as address:
        for attempt in range(4):
            text = ask(address, f"/run/evil/tiny-0?attempt={attempt}")[2]
            outline = Outline(text)
            scripts = [attributes for tag, attributes in outline.tags if tag == "script"]
            assert [one["src"] for one in scripts] == ["/static/d3-hierarchy.min.js", "/static/drawing.js", "/static/view.js"]
            assert not [tag for tag, _ in outline.tags if tag == "img"]
            assert not [
                attributes for _, attributes in outline.tags if any(name.startswith("on") or name == "style" for name in attributes)
            ]
            assert "</pre><script>document.title = 'taken'</script>" in "".join(outline.words)
            assert "\\x1b[31m\\u202e" in text
            assert "\x1b" not in text
            assert "\u202e" not in text


def test_reading_changes_nothing(runs: Path) -> None:
    """No file of a run is touched."""
    before = {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in runs.rglob("*")}
    with viewed(runs) as address:
        for path in PAGES:
            ask(address, path)
    assert {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in runs.rglob("*")} == before


def test_a_damaged_run_is_told_and_hides_no_other(tmp_path: Path) -> None:
    """The list says which file, the run's own page is an error, and the others are shown."""
    finished(tmp_path / "good", budget=1)
    broken = finished(tmp_path / "bad", budget=1).path
    (broken / "summary.jsonl").write_text("{nonsense}\n")
    odd = finished(tmp_path / "odd", budget=1).path
    shutil.rmtree(odd / "trees")
    (odd / "trees").write_text("no directory")
    with viewed(tmp_path) as address:
        status, _, text = ask(address, "/")
        assert status == 200
        assert "good" in text
        assert "summary.jsonl" in text
        assert ask(address, "/run/bad")[0] == 500


def test_a_tree_that_was_cut_short_is_told(tmp_path: Path) -> None:
    """On its own page, beside what is left of it."""
    run = finished(tmp_path / "cut", budget=4)
    task = run.tasks()[0]
    file = run.path / "trees" / f"{task}.jsonl"
    with viewed(tmp_path) as address:
        assert CHANGED not in ask(address, f"/run/cut/{task}")[2]
        lines = file.read_bytes().splitlines(keepends=True)
        os.truncate(file, sum(map(len, lines[:-1])))
        assert CHANGED in ask(address, f"/run/cut/{task}")[2]


def test_a_run_of_a_strategy_that_is_not_installed_is_shown(tmp_path: Path) -> None:
    """Without values, and the page says so."""
    path = finished(tmp_path / "run", budget=4).path
    config = (path / "config.json").read_text().replace('"strategy":"gif-mcts"', '"strategy":"gone"')
    (path / "config.json").write_text(config)
    with viewed(tmp_path) as address:
        status, _, text = ask(address, "/run/run/tiny-0")
    assert status == 200
    assert "not installed" in text


def test_problems_are_filtered_and_come_in_pages(tmp_path: Path) -> None:
    """A hundred a page; a filter that nothing passes says so, and nonsense asks for nothing."""
    finished(tmp_path / "run", budget=1, options=TinyOptions(problems=230, lines=3))
    with viewed(tmp_path) as address:
        rows = [ask(address, f"/run/run{query}")[2].count("data-row") for query in ("", "?page=2", "?page=3", "?page=99", "?page=x")]
        assert rows == [100, 100, 30, 30, 100]
        assert "2 of 230 problems" not in ask(address, "/run/run")[2]
        found = ask(address, "/run/run?q=tiny-22&order=most+calls")[2]
        assert "11 of 230 problems" in found
        assert "No problem fits" in ask(address, f"/run/run?q={quote('<b>')}")[2]
        pages = [ask(address, f"/run/run?outcome={quote(word)}")[2] for word in ("solved", "not solved")]
        solved, failed = (page.split(" of 230 problems")[0].split(">")[-1] for page in pages)
        assert int(solved) + int(failed) == 230


def test_a_run_is_running_while_it_is_claimed(runs: Path) -> None:
    """By the lock that its writer holds, which is never touched."""
    folder = RunFolder(runs / "two")
    assert not is_running(folder)
    with folder.claim(folder.manifest()):
        assert is_running(folder)
        with viewed(runs) as address:
            assert "state-running" in ask(address, "/run/two")[2]
    assert not is_running(folder)


def test_a_tree_without_an_attempt_is_shown(runs: Path, tmp_path: Path) -> None:
    """A search that has just begun has a statement, and nothing else yet."""
    manifest = RunFolder(runs / "two").manifest()
    with RunFolder(tmp_path / "new").claim(manifest) as folder, viewed(tmp_path) as address:
        folder.open_tree(Tiny().task(0), manifest.digest).close()
        assert "No attempt is written yet" in ask(address, "/run/new/tiny-0")[2]
        assert "tiny-0" in ask(address, "/run/new")[2]


def test_texts_are_bounded(tmp_path: Path) -> None:
    """An answer of a million characters is cut with a word on how much is left; the whole page stays small."""
    finished(tmp_path / "long", Verbose, budget=1, options=TinyOptions(problems=1, lines=4))
    with viewed(tmp_path) as address:
        text = ask(address, "/run/long/tiny-0")[2]
    assert "more characters" in text
    assert len(text) < 1_000_000


def test_the_command_prints_the_address_and_ends_quietly(tmp_path: Path) -> None:
    """Of the run that it is given, wherever it stands; Ctrl-C is its usual end."""
    finished(tmp_path / "elsewhere", budget=1)
    process = started(tmp_path, "view", "elsewhere", "--port", "0")
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.endswith("/run/elsewhere")
        assert ask(address, "/run/elsewhere/tiny-0")[0] == 200
        assert ask(address, "/run/other")[0] == 404
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_what_cannot_be_served_is_said(tmp_path: Path) -> None:
    """A run that does not exist, a port that is taken, and one that there cannot be."""
    assert gifmcts(tmp_path, "view", "none").returncode == 2
    with viewed(tmp_path) as address:
        for port in (address.split(":")[2].strip("/"), "99999"):
            done = gifmcts(tmp_path, "view", "--port", port)
            assert done.returncode == 2
            assert "choose another one" in done.stderr
            assert "Traceback" not in done.stderr


def test_no_other_machine_is_answered(tmp_path: Path) -> None:
    """The only socket that listens is bound to loopback."""
    with viewed(tmp_path) as address:
        port = int(address.split(":")[2].strip("/"))
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        mine = {os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}")}
        bound = [words[1] for words in lines if words[3] == "0A" and f"socket:[{words[9]}]" in mine and words[1].endswith(f":{port:04X}")]
    assert bound == [f"0100007F:{port:04X}"]
