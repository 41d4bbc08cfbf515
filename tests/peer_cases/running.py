"""All cases of some files, each with what came of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from omnicommerce.kernel.errors import OmnicommerceError
from tests.peer_cases.comparing import Difference, differences
from tests.peer_cases.outcome import outcome_of
from tests.peer_cases.reading import Case, Unsupported, read_file
from tests.peer_cases.splits import split_differences

__all__ = ["Result", "Verdict", "results_of", "run_case"]


class Verdict(enum.StrEnum):
    """What came of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@attrs.frozen
class Result:
    """One case, and what is not as it expects, or why it was skipped."""

    case: Case
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    reason: str = ""


def run_case(case: Case) -> Result:
    """Price or split one case, and compare."""
    try:
        found = split_differences(case) if case.is_split else differences(outcome_of(case))
    except Unsupported as reason:
        return Result(case, Verdict.SKIPPED, reason=str(reason))
    except (OmnicommerceError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        problem = Difference("error", "figures", f"{type(error).__name__}: {error}")
        return Result(case, Verdict.FAILED, (problem,))
    return Result(case, Verdict.FAILED if found else Verdict.PASSED, tuple(found))


def results_of(files: Iterable[Path]) -> Iterator[tuple[Path, list[Result]]]:
    """Return the results of each file.

    Raises:
        UnreadableFile: A file holds no cases.
    """
    for path in files:
        yield path, [run_case(case) for case in read_file(path)]
