"""The benchmark's rows: each has its limit, and the requests are the same everywhere."""

from __future__ import annotations

from benchmarks import sourcing


def test_the_rows_of_a_size() -> None:
    """A size gives the share that was proved and the time; without a promise only the time."""
    size = sourcing.SIZES[-1]
    requests = [sourcing.demand(seed, size.lines, size.places, size.density) for seed in range(3)]
    proven, median = sourcing.rows_of(size, requests, "some")
    assert (proven.ratio, proven.holds) == (1.0, True)
    assert median.limit == size.milliseconds
    (only,) = sourcing.rows_of(size._replace(proven=0.0), requests, "some")
    assert only.name == median.name


def test_requests_are_the_same_everywhere() -> None:
    """A seed gives one request, with the share of levels that its density says."""
    request = sourcing.demand(1, 20, 500, 0.3)
    assert request == sourcing.demand(1, 20, 500, 0.3)
    levels = sum(len(candidate.levels) for candidate in request.candidates)
    assert 2800 < levels < 3200
