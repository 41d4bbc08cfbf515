"""What holds of every audit of observed prices."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.insight.drift import DriftReport, price_drift
from omnicommerce.insight.observed import ObservedPrice, Tolerance

KINDS = ("shelf", "card")
PLACES = ("1", "2", "10", "web", "app")
ZONES = {"1": "north", "2": "north", "10": "south", "web": None}

prices = st.builds(
    ObservedPrice,
    product_id=st.sampled_from("AB"),
    period=st.sampled_from(("1", "2", "10")),
    place=st.sampled_from(PLACES),
    amounts=st.dictionaries(st.sampled_from(KINDS), st.integers(0, 12)),
)
lists = st.lists(prices, max_size=40)
tolerances = st.one_of(
    st.builds(Tolerance, st.integers(0, 5)),
    st.builds(Tolerance.parse, st.sampled_from(["10%", "50%", "33.3%"])),
)


def _audit(observed: list[ObservedPrice], **options: Any) -> DriftReport:
    return price_drift(observed, kinds=KINDS, zones=ZONES, **options)


def _counts(report: DriftReport) -> list[tuple[int, int]]:
    return [
        (report.audited(kind, in_zones=in_zones), report.differing(kind, in_zones=in_zones))
        for in_zones in (False, True)
        for kind in (None, *KINDS)
    ]


@given(lists, st.randoms(use_true_random=False), tolerances)
def test_the_order_of_rows_changes_nothing(
    observed: list[ObservedPrice], dice: Any, tolerance: Tolerance
) -> None:
    """Shuffled rows make the same report, down to the order of ties."""
    shuffled = list(observed)
    dice.shuffle(shuffled)
    assert _audit(observed, tolerance=tolerance) == _audit(shuffled, tolerance=tolerance)


@given(lists, st.data())
def test_a_row_seen_twice_counts_once(observed: list[ObservedPrice], data: st.DataObject) -> None:
    """Only the number of rows tells that it was there twice."""
    again = data.draw(st.lists(st.sampled_from(observed))) if observed else []
    twice = attrs.evolve(_audit([*observed, *again]), observed=len(observed))
    assert twice == _audit(observed)


@given(lists, st.sampled_from(PLACES))
def test_a_place_that_asks_what_another_asks_adds_no_disparity(
    observed: list[ObservedPrice], copied: str
) -> None:
    """There is more to compare, and nothing more that differs."""
    copies = [attrs.evolve(one, place="copy") for one in observed if one.place == copied]
    before, after = (price_drift(rows, kinds=KINDS) for rows in (observed, [*observed, *copies]))
    for kind in KINDS:
        assert after.audited(kind) >= before.audited(kind)
    in_one_place = [one for one in after.disparities if one.places == {copied, "copy"}]
    assert after.differing("shelf") + after.differing("card") - len(in_one_place) == (
        before.differing("shelf") + before.differing("card")
    )


@given(lists)
def test_the_counts_are_those_of_plain_sets(observed: list[ObservedPrice]) -> None:
    """The definition, word by word: two places or more, more than one price."""
    report = _audit(observed)
    for kind in KINDS:
        for in_zones in (False, True):
            groups: dict[tuple[str | None, str, str], tuple[set[str], set[int]]] = {}
            for one in observed:
                zone = report.zones.get(one.place) if in_zones else None
                if kind in one.amounts and (zone is not None or not in_zones):
                    key = zone, one.product_id, one.period
                    places, amounts = groups.setdefault(key, (set(), set()))
                    places.add(one.place)
                    amounts.add(one.amounts[kind])
            audited = [amounts for places, amounts in groups.values() if len(places) > 1]
            assert report.audited(kind, in_zones=in_zones) == len(audited)
            assert report.differing(kind, in_zones=in_zones) == sum(len(a) > 1 for a in audited)


@given(lists, tolerances)
def test_a_tolerance_only_takes_away(observed: list[ObservedPrice], tolerance: Tolerance) -> None:
    """What is audited stays, what differs becomes less."""
    for strict, lenient in zip(
        _counts(_audit(observed)), _counts(_audit(observed, tolerance=tolerance)), strict=True
    ):
        assert lenient[0] == strict[0]
        assert lenient[1] <= strict[1]


@given(lists, st.one_of(st.none(), st.just("web")))
def test_a_drift_is_made_of_deviations(
    observed: list[ObservedPrice], reference: str | None
) -> None:
    """No place has more periods in its runs than it has deviations."""
    if reference is not None and not any(
        one.place == reference and one.amounts for one in observed
    ):
        reference = None
    report = _audit(observed, reference=reference)
    for place in report.deviations:
        who = place.place, place.kind, place.zone
        runs = [r for r in report.drifts if (r.place, r.kind, r.zone) == who]
        assert sum(run.periods for run in runs) <= place.deviating
        assert all(run.periods > 1 for run in runs)
