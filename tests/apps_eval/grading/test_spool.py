"""The spool numbers samples, refuses second ones, and finds programs by problem whatever their order."""

from hypothesis import given
from hypothesis import strategies as st

from apps_eval.grading.programs import Refused, Submission
from apps_eval.grading.spool import Spool


@given(st.lists(st.tuples(st.sampled_from(["1", "01", "2"]), st.none() | st.integers(0, 4)), max_size=12))
def test_samples_are_numbered_without_gaps_or_clashes(pairs: list[tuple[str, int | None]]) -> None:
    """Given numbers are kept, free ones go to the others in their order, and a number that was given before is refused."""
    with Spool() as spool:
        spool.fill(Submission(problem, f"{place}", sample, f"{place}") for place, (problem, sample) in enumerate(pairs))
        kept = 0
        for problem in ("1", "2"):
            entries = spool.entries(problem)
            numbers = [entry.sample for entry in entries]
            assert numbers == sorted(set(numbers))
            asked = {number for name, number in pairs if name.lstrip("0") == problem and number is not None}
            free = [number for number in numbers if number not in asked]
            assert asked <= set(numbers)
            assert free == [number for number in range(20) if number not in asked][: len(free)]
            assert [int(entry.place) for entry in entries if entry.sample in free] == sorted(
                int(entry.place) for entry in entries if entry.sample in free
            )
            assert [spool.source(entry.digest) for entry in entries] == [entry.place for entry in entries]
            kept += len(entries)
        assert kept + spool.refusals() == len(pairs)
        assert spool.programs() == kept


def test_a_second_program_for_a_sample_names_the_first() -> None:
    """So that the user can look."""
    with Spool() as spool:
        spool.fill([Submission("7", "a", 0, "line-1"), Submission("007", "b", 0, "line-2"), Refused("line-3", "bad")])
        reasons = [(one.place, one.reason) for one in spool.refused(10)]
        assert reasons == [("line-2", "sample 0 of problem 007 was given before, at line-1"), ("line-3", "bad")]


def test_what_belongs_together_is_told_apart() -> None:
    """Problems without programs, programs without problems, and problems that cannot be scored."""
    with Spool() as spool:
        spool.fill([Submission("1", "a"), Submission("9", "b"), Submission("9", "c"), Submission("3", "d")])
        assert spool.add_problem("1", "interview", 3)
        assert spool.add_problem("2", "interview", 3)
        assert not spool.add_problem("0002", "interview", 3)
        spool.add_unscorable("3", "no tests")
        assert spool.unknown() == {"9": 2}
        assert spool.without_programs() == ["2"]
        assert spool.unscorable() == {"0002": "its id differs from an earlier one in leading zeros only", "3": "no tests"}
        assert spool.fewer_than(2) == {"1": 1, "3": 1}
