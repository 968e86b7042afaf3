"""``gifmcts grade FILE --data …`` as its users meet it: real processes, real signals, real folders."""

import gzip
import json
import signal
from pathlib import Path

import pytest
from apps_rows import row, write_lines
from command import gifmcts, result, started
from grading_folders import EXITS, LOOSE, RIGHT, WRONG, data, executions, lines, programs, wait_for_executions, wait_for_lines


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with problems and programs."""
    data(tmp_path, "1", "2", "3")
    programs(tmp_path, ("2", RIGHT), ("1", WRONG), ("1", RIGHT), ("2", LOOSE), ("2", EXITS), "{bad", ("9", RIGHT))
    return tmp_path


GRADE = ("grade", "programs.jsonl", "--data", "problems.jsonl")


def test_a_file_is_graded(place: Path) -> None:
    """The object has what was promised, the rows a test come in the order of the data, and the text says what is left out."""
    found = result(place, *GRADE, "--k", "1,2", "--per-test", "tests.jsonl", "--csv", "programs.csv")
    assert (found["problems"], found["programs"], found["rules"]) == (2, 5, "strict")
    assert found["strict_accuracy"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found["pass_at_k"] == pytest.approx({"1": (1 / 2 + 2 / 3) / 2, "2": 1.0})
    assert found["verdicts"] == {"pass": 9, "wrong": 6}
    assert found["unscorable"] == {}
    assert found["unknown_problems"] == {"9": 1}
    rows = lines(place / "tests.jsonl")
    assert [(one["problem_id"], one["sample"], one["test"]) for one in rows] == [
        (problem, sample, test) for problem, samples in (("1", 2), ("2", 3)) for sample in range(samples) for test in range(3)
    ]
    assert [one["official"] for one in rows if one["test"] == 0] == [False, True, True, True, -1]
    assert [one["verdict"] for one in rows if one["test"] == 0] == ["wrong", "pass", "pass", "wrong", "pass"]
    assert all(isinstance(one["cpu_seconds"], float) for one in rows)
    assert len((place / "programs.csv").read_text().splitlines()) == 6
    text = gifmcts(place, *GRADE).stdout
    for words in (
        "the rule sets disagree on 6 tests of 2 programs",
        "problem 2 sample 1: tests 0, 1, 2; strict not solved, official solved",
        "REFUSED line-6: not JSON",
        "not among the problems of the data and its filters: 9 (1 program)",
        "1 problem has no program and is in no denominator; --all-problems counts it as failed: 3",
        "1 place holds no program and was refused; 6 programs were taken in",
        "0 executions now, 10 kept from earlier starts",
        "isolation:",
        "data checksum:",
    ):
        assert words in text
    assert result(place, *GRADE, "--all-problems")["problems"] == 3


def test_every_form_gives_the_same_numbers(place: Path) -> None:
    """Rows, gzip, the original form and a directory."""
    sources = {"1": [WRONG, RIGHT], "2": [RIGHT, LOOSE]}
    write_lines(place / "rows.jsonl", *({"problem_id": p, "source": s, "sample": n} for p in sources for n, s in enumerate(sources[p])))
    (place / "rows.jsonl.gz").write_bytes(gzip.compress((place / "rows.jsonl").read_bytes()))
    (place / "all_codes.json").write_text(json.dumps(sources))
    for problem, texts in sources.items():
        (place / "many" / problem).mkdir(parents=True)
        for number, text in enumerate(texts):
            (place / "many" / problem / f"{number}.py").write_text(text)
    (place / "problems.jsonl.gz").write_bytes(gzip.compress((place / "problems.jsonl").read_bytes()))
    found = []
    for name, problems in (
        ("rows.jsonl", "problems.jsonl.gz"),
        ("rows.jsonl.gz", "problems.jsonl"),
        ("all_codes.json", "problems.jsonl"),
        ("many", "problems.jsonl"),
    ):
        done = result(place, "grade", name, "--data", problems, "--out", f"out-{problems}")
        found.append({key: done[key] for key in done if key not in ("facts", "folder", "executed", "reused")})
    assert all(one == found[0] for one in found)
    assert found[0]["strict_accuracy"] == 0.5


SLOW = "import time\ntime.sleep(0.05)\nprint(sum(map(int, input().split())))"


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A folder with programs that take a while."""
    data(tmp_path, *map(str, range(6)))
    programs(tmp_path, *((str(n), f"{SLOW}\n# {k}") for k in range(3) for n in range(6)))
    return tmp_path


def test_a_kill_loses_at_most_what_is_in_flight(slow: Path) -> None:
    """The same command goes on: nothing that was written is run again, and the result is that of a grading never killed."""
    words = (*GRADE, "--workers", "2")
    whole = result(slow, *words, "--out", "whole", "--per-test", "whole.jsonl")
    process = started(slow, *words, "--out", "killed")
    wait_for_executions(slow / "killed", 7, process)
    process.kill()
    process.communicate()
    kept = (slow / "killed" / "log.jsonl").read_bytes()
    again = result(slow, *words, "--out", "killed", "--per-test", "killed.jsonl")
    assert again["reused"] == kept.count(b"\n")
    assert again["executed"] == 36 - kept.count(b"\n")
    assert (slow / "killed" / "log.jsonl").read_bytes().startswith(kept[: kept.rfind(b"\n") + 1])
    assert executions(slow / "killed") == executions(slow / "whole")
    same = [key for key in whole if key not in ("folder", "executed", "reused", "resumed")]
    assert {key: again[key] for key in same} == {key: whole[key] for key in same}
    verdicts = [
        [(one["problem_id"], one["sample"], one["test"], one["verdict"], one["official"]) for one in lines(slow / f"{name}.jsonl")]
        for name in ("whole", "killed")
    ]
    assert verdicts[0] == verdicts[1]


def test_a_kill_loses_no_test_that_has_ended(tmp_path: Path) -> None:
    """Of a program with many tests only those in flight run again under the strict rules; the result is that of one never killed."""
    many = json.dumps({"inputs": [f"{n} 1" for n in range(40)], "outputs": [str(n + 1) for n in range(40)]})
    write_lines(tmp_path / "problems.jsonl", row("1", input_output=many))
    programs(tmp_path, ("1", SLOW))
    words = (*GRADE, "--rules", "strict", "--workers", "1")
    whole = result(tmp_path, *words, "--out", "whole")
    for count in (5, 12, 30):
        process = started(tmp_path, *words, "--out", "killed")
        wait_for_lines(tmp_path / "killed" / "tests.jsonl", count, process)
        process.kill()
        process.communicate()
        ended = (tmp_path / "killed" / "tests.jsonl").read_bytes().count(b"\n")
        assert count <= ended < 40
    again = result(tmp_path, *words, "--out", "killed")
    assert again["resumed"] == ended
    same = [key for key in whole if key not in ("folder", "resumed")]
    assert {key: again[key] for key in same} == {key: whole[key] for key in same}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_cleanly_and_says_how_to_continue(slow: Path, number: signal.Signals) -> None:
    """Status 130, no traceback, no half-written result, and the last line goes on."""
    words = (*GRADE, "--out", "out", "--per-test", "tests.jsonl")
    process = started(slow, *words)
    wait_for_executions(slow / "out", 2, process)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, "Traceback" in errors) == (130, "", False), errors
    assert errors.strip().splitlines()[-1] == "gifmcts " + " ".join(words)
    assert not (slow / "tests.jsonl").exists()
    assert result(slow, *words)["programs"] == 18


def test_a_grading_is_rescored(tmp_path: Path) -> None:
    """By another tolerance and a shorter limit, from what is stored; the original stays as it is."""
    tests = json.dumps({"inputs": ["a", "b"], "outputs": ["0.5", "1"]})
    write_lines(tmp_path / "problems.jsonl", row("1", input_output=tests))
    programs(
        tmp_path,
        ("1", "print(0.501 if input() == 'a' else 1)"),
        ("1", "for _ in range(10**7): pass\nprint('0.5 1' if input() == 'a' else 1)"),
    )
    first = result(tmp_path, *GRADE)
    (folder,) = (tmp_path / "runs").iterdir()
    log = (folder / "log.jsonl").read_bytes()
    wide = result(tmp_path, *GRADE, "--rescore", "--tolerance", "0.01", "--rules", "strict")
    assert (first["test_case_average"], wide["test_case_average"]) == (0.5, 0.75)
    assert wide["executed"] == 0
    short = result(tmp_path, *GRADE, "--rescore", "--time-limit", "0.02")
    assert short["verdicts"] == {"time": 2, "pass": 1, "wrong": 1}
    same = result(tmp_path, *GRADE, "--rescore")
    changed = {key for key in first if same[key] != first[key]}
    assert changed <= {"facts", "executed", "reused", "resumed"}
    assert (folder / "log.jsonl").read_bytes() == log


def test_rules_that_were_not_run_are_applied_to_what_is_there(place: Path) -> None:
    """And the output says that this is no number of the reference scorer."""
    result(place, *GRADE, "--rules", "strict")
    done = gifmcts(place, *GRADE, "--rules", "official", "--rescore")
    assert "no number of the reference scorer" in done.stdout
    found = result(place, *GRADE, "--rules", "official", "--rescore")
    by_rules = found["by_rules"]
    assert isinstance(by_rules, dict)
    assert by_rules["official"]["comparison_only"] is True
    assert found["verdicts"] == {"pass": 12, "wrong": 3}


def test_a_recorded_run_is_graded_in_both_ways(tmp_path: Path) -> None:
    """Its name alone grades the run; with --data its programs are judged as given ones."""
    assert gifmcts(tmp_path, "run", "apps", "--name", "one", "--limit", "3", "--budget", "3").returncode == 0
    done = gifmcts(tmp_path, "grade", "one", "--grade", "all")
    assert (done.returncode, "programs were graded now" in done.stdout) == (0, True), done.stderr
    found = result(tmp_path, "grade", "one", "--data", "mini")
    every = result(tmp_path, "grade", "runs/one", "--data", "mini", "--choice", "all")
    assert (found["problems"], found["programs"]) == (3, 3)
    assert 3 < int(str(every["programs"])) <= 9
    assert "--choice" in gifmcts(tmp_path, "grade", "--help").stdout
    for name in ("one", "RUN"):
        assert "best so far" in gifmcts(tmp_path, "grade", name, "--help").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("grade",), "PROGRAMS requires an argument"),
        (("grade", "programs.jsonl"), "programs need --data, which names the problems that they are for"),
        (("grade", "programs.jsonl", "--k", "1"), "programs need --data, which names the problems that they are for"),
        (("grade", "missing", "--data", "problems.jsonl"), "there are no programs at 'missing'"),
        (("grade", "programs.jsonl", "--data", "missing.jsonl"), "no data at 'missing.jsonl'"),
        (("grade", "empty.jsonl", "--data", "problems.jsonl"), "there is no program in empty.jsonl"),
        (("grade", "bad.jsonl", "--data", "problems.jsonl"), "there is no program in bad.jsonl: 1 place was refused; line-1: not JSON"),
        (("grade", "programs.jsonl", "--data", "empty.jsonl"), "no program belongs to a problem that is graded"),
        ((*GRADE, "--k", "4"), "--k 4 needs 4 programs of every problem, and problem 1 has 2 (and 1 more problem)"),
        ((*GRADE, "--k", "0"), "--k: give numbers of at least 1"),
        ((*GRADE, "--rules", "loose"), 'Invalid value "loose"'),
        ((*GRADE, "--ruls", "strict"), "Did you mean --rules?"),
        ((*GRADE, "--time-limit", "0"), "--time-limit is 0"),
        ((*GRADE, "--memory-mb", "0"), "--memory-mb is 0"),
        ((*GRADE, "--workers", "0"), "--workers is 0"),
        ((*GRADE, "--tolerance", "1"), "add --rescore"),
        (
            ("grade", "programs.jsonl", "--data", "programs.jsonl"),
            "there is no problem to grade: 4 were left out (the first, 2: no statement: the question is empty)",
        ),
        ((*GRADE, "--rescore"), "there is no grading of programs.jsonl with this data in runs"),
        ((*GRADE, "--rescore", "--fresh"), "--rescore runs nothing"),
        ((*GRADE, "--rescore", "--tolerance", "nan"), "--tolerance nan"),
        ((*GRADE, "--per-test", "missing/tests.jsonl"), "--per-test missing/tests.jsonl cannot be written"),
        ((*GRADE, "--benchmark", "other"), "--benchmark other: `gifmcts grade` is known to apps"),
        ((*GRADE, "--benchmark"), "--benchmark needs a value"),
    ],
)
def test_a_wrong_command_says_what_to_do(place: Path, words: tuple[str, ...], message: str) -> None:
    """No traceback, nothing on standard output, no result, and the status of a usage error."""
    (place / "empty.jsonl").write_text("")
    (place / "bad.jsonl").write_text("{\n")
    done = gifmcts(place, *words)
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert ("Traceback" in done.stderr, done.stdout, done.returncode) == (False, "", 2)


def test_a_folder_without_a_grading_cannot_be_rescored(place: Path) -> None:
    """The message says what to name, and how to make it."""
    done = gifmcts(place, *GRADE, "--rescore", "--out", "new")
    assert "name the folder of an earlier one by --out, or grade first without --rescore" in done.stderr
    assert ("Traceback" in done.stderr, done.stdout, (place / "new").exists()) == (False, "", False)


def test_what_the_clock_stopped_is_counted(tmp_path: Path) -> None:
    """A program that sleeps is counted, one that computes is not; in the object, in the rows a test and in the report."""
    tests = json.dumps({"inputs": ["1"], "outputs": ["1"]})
    write_lines(tmp_path / "problems.jsonl", row("1", input_output=tests))
    programs(tmp_path, ("1", "import time\ntime.sleep(1000)"), ("1", "while True: pass"), ("1", "print(1)"))
    words = (*GRADE, "--rules", "strict", "--time-limit", "0.2")
    found = result(tmp_path, *words, "--per-test", "tests.jsonl")
    assert (found["verdicts"], found["stopped_by_clock"]) == ({"time": 2, "pass": 1}, 1)
    assert [one["stopped_by_clock"] for one in lines(tmp_path / "tests.jsonl")] == [True, False, False]
    assert "1 of the time verdicts was given by the clock, before the processor time was used up" in gifmcts(tmp_path, *words).stdout


def test_what_is_not_stored_is_unjudged(place: Path) -> None:
    """Programs that were added since, and a damaged manifest; status 1, and what to do."""
    result(place, *GRADE, "--out", "out")
    programs(place, ("2", RIGHT), ("2", "print(1)"), ("1", RIGHT))
    done = gifmcts(place, *GRADE, "--out", "out", "--rescore")
    assert done.returncode == 1
    assert "left out as unjudged: 2" in done.stdout
    assert "UNJUDGED problems: 2; what is stored does not say; grade without --rescore" in done.stdout
    (place / "out" / "grading.json").write_text('{"config":{}}')
    broken = gifmcts(place, *GRADE, "--out", "out", "--rescore")
    assert (broken.returncode, "Traceback" in broken.stderr, "None in grading.json is no number" in broken.stderr) == (1, False, True)


def test_a_damaged_line_of_the_log_is_run_again(place: Path) -> None:
    """It is counted, and the numbers are those of a log that was never damaged."""
    whole = result(place, *GRADE, "--out", "out")
    log = place / "out" / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"verdict":"wrong"', b'"verdict":"pass"', 1))
    again = result(place, *GRADE, "--out", "out")
    assert (again["damaged"], again["executed"], again["reused"]) == (1, 1, 9)
    assert {key: again[key] for key in whole if key not in ("damaged", "executed", "reused", "resumed")} == {
        key: whole[key] for key in whole if key not in ("damaged", "executed", "reused", "resumed")
    }
