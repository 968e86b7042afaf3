"""Runs of any name that can be seen are shown, and nothing that stands elsewhere."""

import os
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from command import gifmcts, started
from finished_runs import finished
from viewing import ask, viewed

from gifmcts.errors import UsageError
from gifmcts.view.shelf import Shelf, nameable

ODD = ["a run", "it's", 'say "b"', "100%", "a%2Fb", "#1", "?a=b&c", "a+b", "ä本", "{run}", "-dash", ".dot", "<b>", "a\\b"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished run, to be copied."""
    return finished(tmp_path_factory.mktemp("shelf") / "run", budget=2).path


def links(text: str, start: str) -> list[str]:
    """The addresses of a page that begin so, as a browser reads them."""
    return [unescape(part.split('"')[0]) for part in text.split('href="')[1:] if part.startswith(start)]


@pytest.mark.parametrize("name", ODD)
def test_a_run_is_shown_whatever_it_is_called(run: Path, tmp_path: Path, name: str) -> None:
    """Every link from the list down to an attempt leads to a page, and the name can be chosen for a comparison."""
    shutil.copytree(run, tmp_path / name)
    with viewed(tmp_path) as address:
        (listed,) = links(ask(address, "/")[2], "/run/")
        assert listed == f"/run/{quote(name, safe='')}"
        status, _, page = ask(address, listed)
        assert status == 200
        problem = links(page, f"{listed}/")[0]
        status, _, tree = ask(address, problem)
        assert status == 200
        assert all(ask(address, link)[0] == 200 for link in links(tree, f"{listed}/"))
        assert ask(address, f"/side?a={quote(name, safe='')}&b={quote(name, safe='')}")[0] == 200


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "\x00", "a\nb", "\x1b[31m", "\u202e", "\udcff", "x" * 256, "ä" * 128])
def test_what_cannot_be_seen_or_is_a_path_names_no_run(name: str) -> None:
    """Neither in an address nor on a page."""
    assert not nameable(name)


def test_a_name_that_cannot_be_shown_is_told(run: Path, tmp_path: Path) -> None:
    """With its characters spelt out, by the view and by the command; the other runs are shown."""
    shutil.copytree(run, tmp_path / "runs" / "good")
    shutil.copytree(run, tmp_path / "runs" / "\x1b[31mred")
    os.rename(shutil.copytree(run, tmp_path / "runs" / "new"), os.fsencode(tmp_path / "runs") + b"/\xff")
    with viewed(tmp_path / "runs") as address:
        status, _, text = ask(address, "/")
    assert status == 200
    assert links(text, "/run/") == ["/run/good"]
    assert "Left out: \\x1b[31mred" in text
    assert "Left out: \\udcff" in text
    done = gifmcts(tmp_path, "view", "\x1b[31mred")
    assert (done.returncode, "rename its folder" in done.stderr, "\x1b[31mred" in done.stderr) == (2, True, False)


def test_the_command_prints_an_address_that_leads_to_the_run(run: Path, tmp_path: Path) -> None:
    """Of a name with characters that mean something in addresses, and of the folder in which it is called."""
    shutil.copytree(run, tmp_path / "runs" / "50 % #1")
    for words, place in ((("50 % #1",), tmp_path), ((".",), tmp_path / "runs" / "50 % #1")):
        process = started(place, "view", *words, "--port", "0")
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.endswith("/run/50%20%25%20%231")
            assert ask(address, "/" + address.split("/", 3)[3])[0] == 200
        finally:
            process.terminate()
            process.communicate(timeout=60)


@pytest.mark.parametrize("file", ["", "config.json", "summary.jsonl", "grades.jsonl", "trees", "trees/tiny-1.jsonl"])
def test_a_link_out_of_the_runs_is_not_followed(run: Path, tmp_path: Path, file: str) -> None:
    """Neither of a run nor of a file in it; the page says what leads out and how to see it, and the list shows the others."""
    shutil.copytree(run, tmp_path / "runs" / "good")
    secret = shutil.copytree(run, tmp_path / "secret")
    if file:
        shutil.copytree(run, tmp_path / "runs" / "bad")
        target = tmp_path / "runs" / "bad" / file
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        target.symlink_to(secret / file)
    else:
        (tmp_path / "runs" / "bad").symlink_to(secret)
    with viewed(tmp_path / "runs") as address:
        assert ask(address, "/run/good")[0] == 200
        for path in ("/run/bad", "/run/bad/tiny-1", "/text/bad/tiny-1?attempt=0&name=answer", "/side?a=good&b=bad"):
            status, _, text = ask(address, path)
            assert (status, "leads out of" in text) == (404, True)
        assert links(ask(address, "/")[2], "/run/") == ["/run/good"]
        assert "`gifmcts view bad`" in ask(address, "/")[2]


def test_a_link_to_another_run_and_a_run_that_was_named_are_followed(run: Path, tmp_path: Path) -> None:
    """What leads from one run of the folder to another shows nothing new; whoever names a run means what it leads to."""
    shutil.copytree(run, tmp_path / "runs" / "good")
    (tmp_path / "runs" / "same").symlink_to("good")
    shutil.copytree(run, tmp_path / "elsewhere")
    (tmp_path / "runs" / "named").symlink_to(tmp_path / "elsewhere")
    with viewed(tmp_path / "runs") as address:
        assert ask(address, "/run/same/tiny-0")[0] == 200
    process = started(tmp_path, "view", "named", "--port", "0")
    try:
        assert process.stdout is not None
        assert ask(process.stdout.readline().strip(), "/run/named/tiny-0")[0] == 200
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_pipe_is_no_run_and_is_not_waited_for(run: Path, tmp_path: Path) -> None:
    """Whoever opens one waits for its writer."""
    shutil.copytree(run, tmp_path / "runs" / "good")
    (tmp_path / "runs" / "pipe").mkdir()
    os.mkfifo(tmp_path / "runs" / "pipe" / "config.json")
    shelf = Shelf(tmp_path / "runs")
    assert shelf.names() == ["good"]
    with pytest.raises(UsageError, match="there is no run 'pipe'"):
        shelf.run("pipe")
