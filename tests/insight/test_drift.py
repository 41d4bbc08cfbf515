"""Prices observed in several places, by examples written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from omnicommerce.insight.drift import DriftReport, price_drift
from omnicommerce.insight.observed import ObservedPrice, Tolerance, natural_order
from omnicommerce.kernel.errors import InvalidValue


def seen(product: str, period: str, **amounts: int) -> list[ObservedPrice]:
    """Return one shelf price by place."""
    return [
        ObservedPrice(product_id=product, period=period, place=place, amounts={"shelf": amount})
        for place, amount in amounts.items()
    ]


def audit(
    observed: list[ObservedPrice],
    *,
    zones: Mapping[str, str | None] | None = None,
    tolerance: Tolerance | None = None,
    reference: str | None = None,
) -> DriftReport:
    """Audit shelf prices."""
    return price_drift(
        observed,
        kinds=["shelf"],
        zones=zones,
        tolerance=tolerance or Tolerance(),
        reference=reference,
    )


def test_a_price_in_one_place_is_not_audited() -> None:
    """One place cannot disagree with itself, nor with another week or product."""
    report = audit([*seen("A", "1", web=100), *seen("A", "2", till=200), *seen("B", "1", till=300)])
    assert (report.audited(), report.differing(), report.disparities) == (0, 0, ())


def test_more_than_one_price_is_a_disparity() -> None:
    """It tells who asks how much, and what most ask."""
    (one,) = audit(seen("A", "1", web=999, till=1099, app=999)).disparities
    assert one.asked == ((999, ("app", "web")), (1099, ("till",)))
    assert (one.lowest_amount, one.highest_amount, one.spread_amount) == (999, 1099, 100)
    assert (one.spread_percent, one.reference_amount, len(one.places)) == (10.0, 999, 3)


def test_of_two_usual_prices_the_lower_is_meant() -> None:
    """With two places the dearer one is the one that stands apart."""
    (web, till) = sorted(audit(seen("A", "1", web=100, till=90)).deviations, key=lambda d: d.above)
    assert (web.place, web.deviating) == ("till", 0)
    assert (till.place, till.above, till.largest_amount) == ("web", 1, 10)


def test_a_free_product_has_no_percentage() -> None:
    """Nothing is a share of zero."""
    (one,) = audit(seen("A", "1", web=0, till=90)).disparities
    assert (one.spread_amount, one.spread_percent) == (90, None)


def test_the_largest_spread_goes_first_and_ties_are_always_the_same() -> None:
    """By spread, then by what it means for the price, then by places, then by name."""
    observed = [
        *seen("10", "1", a=100, b=120),
        *seen("9", "2", a=100, b=120),
        *seen("9", "10", a=100, b=120),
        *seen("C", "1", a=100, b=120, c=120),
        *seen("D", "1", a=50, b=70),
        *seen("E", "1", a=900, b=921),
    ]
    ranked = [(one.product_id, one.period) for one in audit(observed).disparities]
    assert [("E", "1"), ("D", "1"), ("C", "1"), ("9", "2"), ("9", "10"), ("10", "1")] == ranked


@pytest.mark.parametrize(
    ("tolerance", "differing"),
    [("0", 3), ("4", 2), ("5", 1), ("5%", 1), ("4.9%", 2), ("10%", 0), ("1/10", None)],
)
def test_a_tolerance_is_minor_units_or_a_share_of_the_lower_price(
    tolerance: str, differing: int | None
) -> None:
    """What is exactly as far apart as tolerated still counts as one price."""
    observed = [
        *seen("A", "1", a=100, b=105),
        *seen("B", "1", a=1000, b=1004),
        *seen("C", "1", a=60, b=66),
    ]
    if differing is None:
        with pytest.raises(InvalidValue, match=r"must be like 5 or 1\.5%"):
            Tolerance.parse(tolerance)
        return
    report = audit(observed, tolerance=Tolerance.parse(tolerance))
    assert (report.audited(), report.differing()) == (3, differing)
    assert sum(one.deviating for one in report.deviations) == differing
    assert str(Tolerance.parse(tolerance)) == tolerance


def test_a_tolerance_is_not_negative() -> None:
    """Neither as an amount nor as a rate."""
    with pytest.raises(InvalidValue, match="must not be negative"):
        Tolerance(-1)
    with pytest.raises(InvalidValue, match="must not be negative"):
        Tolerance.parse("-1%")


def test_places_are_compared_within_their_zone() -> None:
    """A difference between zones is none inside; a place alone in its zone is not audited."""
    zones = {"n1": "north", "n2": "north", "s1": "south", "s2": "south", "e1": "east"}
    report = audit(
        [*seen("A", "1", n1=100, n2=100, s1=90, s2=90, e1=80), *seen("A", "2", n1=100, n2=101)],
        zones=zones,
    )
    assert (report.audited("shelf"), report.differing("shelf")) == (2, 2)
    assert report.audited("shelf", in_zones=True) == 3
    (inside,) = report.zone_disparities
    assert (inside.zone, inside.period, inside.spread_amount) == ("north", "2", 1)
    assert {"north": 2, "south": 1} == {
        zone: sum(t.audited for t in report.tallies if t.zone == zone and t.kind == "shelf")
        for zone in ("north", "south")
    }


def test_a_place_of_no_zone_is_compared_with_all_places_only() -> None:
    """Two of them do not make a zone."""
    report = audit(seen("A", "1", a=1, b=2, c=2), zones={"a": None, "b": None, "c": "north"})
    assert (report.differing(), report.audited(in_zones=True)) == (1, 0)
    assert (report.zones, report.placements) == ({"c": "north"}, ())


def test_each_kind_of_price_is_audited_by_itself() -> None:
    """A kind that was not seen in a place does not count there; any kind counts once."""
    observed = [
        ObservedPrice(product_id="A", period="1", place="a", amounts={"shelf": 10, "card": 9}),
        ObservedPrice(product_id="A", period="1", place="b", amounts={"shelf": 10}),
        ObservedPrice(product_id="B", period="1", place="a", amounts={"shelf": 10, "card": 9}),
        ObservedPrice(product_id="B", period="1", place="b", amounts={"shelf": 11, "card": 8}),
        ObservedPrice(product_id="C", period="1", place="a", amounts={"shelf": 10}),
        ObservedPrice(product_id="C", period="1", place="b", amounts={"card": 9}),
    ]
    report = price_drift(observed, kinds=["shelf", "card"])
    assert {"shelf": (2, 1), "card": (1, 1), None: (2, 1)} == {
        kind: (report.audited(kind), report.differing(kind)) for kind in ("shelf", "card", None)
    }


def test_a_place_with_two_prices_stands_with_both() -> None:
    """It is one place still, and the price that is furthest off is the one that counts."""
    observed = [*seen("A", "1", a=100, b=100), *seen("A", "1", a=130), *seen("B", "1", a=1)]
    report = audit([*observed, *seen("B", "1", a=2)])
    (one,) = report.disparities
    assert (report.audited(), len(one.places)) == (1, 2)
    assert {"a": 30, "b": 0} == {d.place: d.largest_amount for d in report.deviations}


def test_deviations_tell_how_often_and_in_which_direction() -> None:
    """Dearer, cheaper, compared, and what it sums up to."""
    observed = [
        *seen("A", "1", a=100, b=100, c=110),
        *seen("A", "2", a=100, b=100, c=95),
        *seen("B", "1", a=100, b=100, c=100),
        *seen("B", "2", c=100),
    ]
    (first, *others) = audit(observed).deviations
    assert (first.place, first.compared, first.above, first.below) == ("c", 3, 1, 1)
    assert (first.deviating, first.total_amount, first.largest_amount) == (2, 5, 10)
    assert [("a", 0), ("b", 0)] == [(one.place, one.deviating) for one in others]


def test_deviations_can_be_measured_by_one_place() -> None:
    """The web is the law, though it stands alone; where it has no price nobody deviates."""
    observed = [*seen("A", "1", web=100, a=110, b=110), *seen("A", "2", a=110, b=120)]
    report = audit(observed, reference="web")
    assert {"a": (1, 1), "b": (1, 1), "web": (1, 0)} == {
        one.place: (one.compared, one.above) for one in report.deviations
    }
    assert report.differing() == 2
    with pytest.raises(InvalidValue, match="no price was observed at 'app'"):
        audit(observed, reference="app")


def test_a_drift_tells_since_when() -> None:
    """A run goes on over weeks in which nobody looked, and ends where the price is right again."""
    observed = [
        *seen("A", "8", a=100, b=100, c=100),
        *seen("A", "9", a=100, b=100, c=110),
        *seen("A", "10", a=100, b=100),
        *seen("A", "11", a=100, b=100, c=115),
        *seen("A", "12", a=100, b=100, c=100),
        *seen("A", "13", a=100, b=100, c=90),
        *seen("A", "14", a=100, b=100, c=90),
        *seen("A", "15", a=100, b=100, c=90),
    ]
    lasting, ended = audit(observed).drifts
    assert (lasting.place, lasting.since, lasting.until, lasting.lasts) == ("c", "13", "15", True)
    assert (lasting.periods, lasting.total_amount, lasting.largest_amount) == (3, -30, -10)
    assert (ended.since, ended.until, ended.periods, ended.lasts) == ("9", "11", 2, False)


def test_a_drift_ends_where_the_direction_turns() -> None:
    """Too dear is another story than too cheap, and another product yet another."""
    observed = [
        *(one for week in "12" for one in seen("A", week, a=100, b=100, c=110)),
        *(one for week in "34" for one in seen("A", week, a=100, b=100, c=90)),
        *seen("B", "5", a=100, b=100, c=90),
    ]
    runs = [(run.product_id, run.since, run.until, run.lasts) for run in audit(observed).drifts]
    assert [("A", "1", "2", False), ("A", "3", "4", True)] == runs


def test_periods_go_by_their_numbers() -> None:
    """Week 9 is before week 10, with and without a year."""
    weeks = ["10", "9", "2026-W10", "2026-W9", "2025-12-31", "2026-01-01", "spring"]
    ordered = ["9", "10", "2025-12-31", "2026-01-01", "2026-W9", "2026-W10", "spring"]
    assert ordered == sorted(weeks, key=natural_order)


@pytest.mark.parametrize(
    ("amounts", "problem"),
    [
        ({"shelf": -1}, "whole minor units from 0"),
        ({"shelf": 1.5}, "whole minor units from 0"),
        ({"shelf": True}, "whole minor units from 0"),
        ({"net": 1}, "not among those audited"),
    ],
)
def test_an_impossible_amount_is_refused(amounts: dict[str, int], problem: str) -> None:
    """Whole minor units from 0, of a kind that is audited."""
    wrong = ObservedPrice(product_id="A", period="1", place="a", amounts=amounts)
    with pytest.raises(InvalidValue, match=problem):
        audit([wrong])


@pytest.mark.parametrize("kinds", [[], ["shelf", "shelf"]])
def test_kinds_are_named_once(kinds: list[str]) -> None:
    """There is at least one, and none twice."""
    with pytest.raises(InvalidValue, match="must name at least one, and none twice"):
        price_drift([], kinds=kinds)


def test_nothing_observed_is_nothing_found() -> None:
    """An empty report has its counts all the same."""
    report = audit([], zones={})
    assert (report.observed, report.audited(), report.differing(in_zones=True)) == (0, 0, 0)
