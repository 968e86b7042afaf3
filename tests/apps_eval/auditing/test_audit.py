"""``gifmcts audit --data …`` as its users meet it, and what ``grade`` and ``run`` make of the list that it writes."""

import json
from pathlib import Path

import pytest
from apps_rows import row, write_lines
from command import gifmcts, result, started
from grading_folders import BROKEN, EXITS, RIGHT, WRONG, executions, lines, programs, wait_for_executions

from apps_eval.auditing.session import list_name
from apps_eval.options import AppsOptions

AUDIT = ("audit", "--data", "problems.jsonl")
OTHER = "print(sum(map(int, input().split())) + 1)"
NEEDS_WRAPPER = "print(sum(map(int, input().split())))\nreturn"
"""Only parses inside a function, as which the reference scorer runs it."""
SLOW = "while True: pass"


def solved_by(*sources: str) -> str:
    return json.dumps(sources)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a problem of every fault."""
    uneven = json.dumps({"inputs": ["1 2", "3 4"], "outputs": ["3"]})
    elsewhere = json.dumps({"inputs": ["7 8"], "outputs": ["15"]})
    lying = json.dumps({"inputs": ["1 2\n", "9 9\n"], "outputs": ["4\n", "18\n"]})
    write_lines(
        tmp_path / "problems.jsonl",
        row("sound", solutions=solved_by(RIGHT, NEEDS_WRAPPER)),
        row("empty", input_output=""),
        row("uneven", input_output=uneven),
        row("unknown", solutions=""),
        row("none", solutions=solved_by(WRONG, BROKEN)),
        row("several", solutions=solved_by(RIGHT, OTHER, EXITS)),
        row("slow", solutions=solved_by(RIGHT, SLOW)),
        row("elsewhere", input_output=elsewhere),
        row("lying", input_output=lying),
        "{bad",
        row("sound"),
    )
    return tmp_path


def test_every_fault_is_found(place: Path) -> None:
    """By name, with its tests and its reason, in the order of the data; the report names them too."""
    found = result(place, *AUDIT, "--time-limit", "0.3")
    assert (found["rows"], found["problems"]) == (11, 7)
    assert found["references"] == {"judged": 11, "passing": 6, "wrapped": 1}
    listed = found["listed"]
    assert isinstance(listed, list)
    assert [(one["problem_id"], one["fault"], one["tests"]) for one in listed] == [
        ("empty", "no-tests", []),
        ("uneven", "unequal-counts", []),
        ("unknown", "no-reference", []),
        ("none", "none-passes", [0, 1, 2]),
        ("several", "references-disagree", [0, 1, 2]),
        ("slow", "near-limit", [0, 1, 2]),
        ("elsewhere", "example-untested", []),
        ("lying", "example-untested", []),
        ("lying", "example-contradicted", [0]),
        ("lying", "none-passes", [0]),
        ("line-10", "bad-row", []),
        ("sound", "bad-row", []),
    ]
    assert listed[4]["detail"] == "1 of 3 reference solutions give other answers on tests 0, 1, 2"
    text = gifmcts(place, *AUDIT, "--time-limit", "0.3").stdout
    for words in (
        "11 rows, 7 of them pose a problem",
        "references-disagree: 1\n  problem several: 1 of 3 reference solutions",
        "1 only parses inside the reference scorer's wrapper",
        "0 executions now, 11 kept from earlier starts",
        "5 problems are in runs/audited-problems-",
    ):
        assert words in text


def test_the_list_is_left_out_by_grade_and_run(place: Path) -> None:
    """With the reasons in both reports and in the run's configuration; numbers are those without these problems."""
    result(place, *AUDIT, "--time-limit", "0.3", "--exclusions", "bad.jsonl")
    assert [one["problem_id"] for one in lines(place / "bad.jsonl")] == ["empty", "uneven", "none", "several", "lying"]
    programs(place, *((name, RIGHT) for name in ("sound", "none", "several", "empty")))
    grade = ("grade", "programs.jsonl", "--data", "problems.jsonl", "--rules", "strict")
    found = result(place, *grade, "--exclude", "bad.jsonl")
    assert (found["problems"], found["programs"], found["executed"]) == (1, 1, 1)
    excluded = found["excluded"]
    assert isinstance(excluded, dict)
    assert excluded["none"] == "none-passes: none of 2 reference solutions passes every test; none passes tests 0, 1, 2"
    assert sorted(excluded) == ["empty", "lying", "none", "several", "uneven"]
    assert found["unscorable"] == {"line-10": "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"} | {
        "sound": "the id appears a second time, at line-11"
    }
    text = gifmcts(place, *grade, "--exclude", "bad.jsonl").stdout
    assert "5 problems are left out by --exclude and are in no denominator" in text
    assert "excluded: 5 problems by a list with checksum" in text
    whole = result(place, *grade)
    assert (whole["problems"], whole["reused"], whole["folder"]) == (3, 1, found["folder"])

    ran = gifmcts(place, "run", "apps", "--data", "problems.jsonl", "--budget", "1", "--name", "one", "--exclude", "bad.jsonl")
    assert ran.returncode == 0, ran.stderr
    assert "left out: problem several: excluded: references-disagree" in ran.stdout
    config = json.loads((place / "runs" / "one" / "config.json").read_text())["config"]
    assert config["options"]["exclude"] == "bad.jsonl"
    assert config["facts"]["excluded"].endswith(": empty, uneven, none, several, lying")
    (place / "bad.jsonl").write_text('{"problem_id": "none", "reason": "another list"}\n')
    other = gifmcts(place, "run", "apps", "--data", "problems.jsonl", "--budget", "1", "--name", "one", "--exclude", "bad.jsonl")
    assert (other.returncode, "facts.excluded" in other.stderr) == (2, True)


def test_faults_that_are_left_out_are_chosen(place: Path) -> None:
    """One fault of several; an audit that finds nothing writes a list that holds nothing, and that can be used."""
    result(place, *AUDIT, "--time-limit", "0.3", "--ids", "several,slow,sound", "--exclude-for", "near-limit", "--exclusions", "slow.jsonl")
    (only,) = lines(place / "slow.jsonl")
    assert only["problem_id"] == "slow"
    few = result(place, *AUDIT, "--ids", "sound", "--references", "1", "--exclusions", "nothing.jsonl")
    assert few["references"] == {"judged": 1, "passing": 1, "wrapped": 0}
    assert (place / "nothing.jsonl").read_bytes() == b""
    programs(place, ("sound", RIGHT))
    assert result(place, "grade", "programs.jsonl", "--data", "problems.jsonl", "--exclude", "nothing.jsonl")["excluded"] == {}


def test_a_selection_has_a_list_of_its_own(place: Path) -> None:
    """An audit of some problems, or of some of their references, leaves the list of the whole audit as it is."""
    whole = result(place, *AUDIT, "--time-limit", "0.3")
    folder, kept = Path(str(whole["folder"])), (place / str(whole["exclusions"])).read_bytes()
    assert (whole["exclusions"], whole["excluded"]) == (str(folder / "exclude.jsonl"), 5)
    for words, name in (
        (("--ids", "sound,none"), "exclude-ids-sound,none.jsonl"),
        (("--limit", "1", "--references", "1"), "exclude-limit-1-references-1.jsonl"),
        (("--difficulty", "interview"), "exclude-difficulty-interview.jsonl"),
    ):
        found = result(place, *AUDIT, "--time-limit", "0.3", *words)
        assert (found["folder"], found["exclusions"]) == (str(folder), str(folder / name))
        assert (place / str(found["exclusions"])).is_file()
    assert [one["problem_id"] for one in lines(place / folder / "exclude-ids-sound,none.jsonl")] == ["none"]
    assert (place / str(whole["exclusions"])).read_bytes() == kept


def test_names_of_lists_are_short_and_tell_selections_apart() -> None:
    """Many ids are cut, and their digest tells them from others that begin alike."""
    many = [tuple(map(str, range(first, 200))) for first in (0, 0, 1)]
    names = [list_name(AppsOptions(ids=("7000", *ids)), None) for ids in many]
    assert names[0] == names[1] != names[2]
    assert all(len(name) < 150 for name in names)
    assert list_name(AppsOptions(), None) == "exclude.jsonl"


def test_a_list_that_names_what_is_not_there_says_so(place: Path) -> None:
    """The unknown id is named; the others are left out."""
    write_lines(place / "list.jsonl", {"problem_id": "sonud"}, {"problem_id": "slow"}, "", {"id": "slow", "reason": "again"})
    programs(place, ("sound", RIGHT), ("slow", RIGHT))
    found = result(place, "grade", "programs.jsonl", "--data", "problems.jsonl", "--ids", "sound,slow", "--exclude", "list.jsonl")
    assert found["excluded"] == {"slow": "no reason given; again"}
    unscorable = found["unscorable"]
    assert isinstance(unscorable, dict)
    assert unscorable["sonud"] == "named by --exclude, but not among the rows of the data: look for a mistake in the list"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (None, "--exclude list.jsonl cannot be read (No such file or directory): give a list that `gifmcts audit` wrote"),
        ("sound", "--exclude list.jsonl, line 1: not JSON"),
        ('{"reason": "x"}', "line 1: neither problem_id nor id; give a line a problem such as"),
        ('["sound"]', "line 1: not a JSON object"),
        ('{"problem_id": "../x"}', "'../x' is no problem id"),
        ('{"problem_id": "1", "reason": 3}', "reason is not a text"),
    ],
)
def test_a_bad_list_is_refused(place: Path, line: str | None, message: str) -> None:
    """By grade and by run, with its line and what to do, before anything is run."""
    if line is not None:
        (place / "list.jsonl").write_text(line)
    programs(place, ("sound", RIGHT))
    for words in (("grade", "programs.jsonl"), ("run", "apps")):
        done = gifmcts(place, *words, "--data", "problems.jsonl", "--exclude", "list.jsonl")
        assert message in " ".join(done.stderr.split())
        assert ("Traceback" in done.stderr, done.stdout, done.returncode) == (False, "", 2)


def test_an_audit_goes_on_after_a_kill(tmp_path: Path) -> None:
    """Nothing that was written is run again, and the result is that of an audit never killed."""
    slow = "import time\ntime.sleep(0.05)\n" + RIGHT
    write_lines(tmp_path / "problems.jsonl", *(row(str(n), solutions=solved_by(*(f"{slow}\n# {k}" for k in range(5)))) for n in range(4)))
    whole = result(tmp_path, *AUDIT, "--out", "whole")
    process = started(tmp_path, *AUDIT, "--out", "killed", "--workers", "2")
    wait_for_executions(tmp_path / "killed", 5, process)
    process.kill()
    process.communicate()
    kept = (tmp_path / "killed" / "log.jsonl").read_bytes().count(b"\n")
    again = result(tmp_path, *AUDIT, "--out", "killed")
    assert (again["reused"], again["executed"]) == (kept, 20 - kept)
    assert executions(tmp_path / "killed") == executions(tmp_path / "whole")
    same = [key for key in whole if key not in ("folder", "exclusions", "executed", "reused")]
    assert {key: again[key] for key in same} == {key: whole[key] for key in same}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("audit",), "--data requires an argument"),
        ((*AUDIT, "--references", "0"), "--references 0: give a number of at least 1"),
        ((*AUDIT, "--exclude-for", "slowness"), 'Invalid value "slowness"'),
        ((*AUDIT, "--exclusions", "missing/list.jsonl"), "--exclusions missing/list.jsonl cannot be written"),
        ((*AUDIT, "--benchmark", "other"), "--benchmark other: `gifmcts audit` is known to apps"),
        (("audit", "--data", "missing.jsonl"), "no data at 'missing.jsonl'"),
        (("audit", "--data", "programs.jsonl"), "there is no problem to audit: 1 was left out (the first, sound: "),
        ((*AUDIT, "--ids", "sound", "--out", "graded"), "graded holds another grading"),
        (("grade", "programs.jsonl", "--data", "problems.jsonl", "--rescore", "--out", "audited"), "holds an audit"),
    ],
)
def test_a_wrong_command_says_what_to_do(place: Path, words: tuple[str, ...], message: str) -> None:
    """No traceback, nothing on standard output, and the status of a usage error."""
    programs(place, ("sound", RIGHT))
    if "graded" in words:
        result(place, "grade", "programs.jsonl", "--data", "problems.jsonl", "--out", "graded")
    if "audited" in words:
        result(place, *AUDIT, "--ids", "sound", "--out", "audited")
    done = gifmcts(place, *words)
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert ("Traceback" in done.stderr, done.stdout, done.returncode) == (False, "", 2)
