"""The zone that an unlisted place follows."""

from __future__ import annotations

from collections.abc import Mapping

from omnicommerce.insight.drift import DriftReport, price_drift
from omnicommerce.insight.observed import ObservedPrice

ZONES = {"n1": "north", "n2": "north", "s1": "south", "none": None}


def _week(week: int, amounts: Mapping[str, int]) -> list[ObservedPrice]:
    return [
        ObservedPrice(product_id="A", period=str(week), place=place, amounts={"shelf": amount})
        for place, amount in amounts.items()
    ]


def _audit(weeks: int, wrong: int, *, follow: bool = True) -> DriftReport:
    """Audit so many weeks, in the last of which a newcomer does not ask what the north asks."""
    observed = [
        price
        for week in range(weeks)
        for price in _week(
            week,
            {
                "n1": 100,
                "n2": 100,
                "s1": 90,
                "none": 100,
                "new": 95 if week >= weeks - wrong else 100,
            },
        )
    ]
    return price_drift(observed, kinds=["shelf"], zones=ZONES, follow=follow)


def test_a_place_follows_the_zone_whose_prices_it_asks() -> None:
    """It is compared there, and the evidence is told; one without a zone stays without."""
    report = _audit(weeks=60, wrong=1)
    (placed,) = report.placements
    assert (placed.place, placed.zone, placed.agreed, placed.compared) == ("new", "north", 59, 60)
    assert report.zones == {"n1": "north", "n2": "north", "s1": "south", "new": "north"}
    (inside,) = report.zone_disparities
    assert (inside.zone, inside.asked) == ("north", ((95, ("new",)), (100, ("n1", "n2"))))


def test_a_place_that_agrees_too_little_or_too_seldom_follows_none() -> None:
    """Ten agreements of ten are not enough, nor are 50 of 60."""
    for weeks, wrong in ((10, 0), (60, 10)):
        (placed,) = _audit(weeks, wrong).placements
        assert (placed.zone, placed.compared) == (None, weeks)


def test_much_evidence_beats_a_perfect_score_on_little() -> None:
    """Of 100 comparisons 97 count for more than 40 of 40."""
    observed = [
        price
        for week in range(100)
        for price in _week(
            week,
            {"n1": 100, "new": 95 if week < 3 else 100} | ({"s1": 100} if week >= 60 else {}),
        )
    ]
    (placed,) = price_drift(observed, kinds=["shelf"], zones=ZONES).placements
    assert (placed.zone, placed.agreed, placed.compared) == ("north", 97, 100)


def test_a_place_never_seen_beside_a_listed_one_follows_none() -> None:
    """There is nothing to go by."""
    (placed,) = price_drift(_week(1, {"new": 1}), kinds=["shelf"], zones=ZONES).placements
    assert (placed.zone, placed.agreed, placed.compared) == (None, 0, 0)


def test_places_can_be_left_where_they_are() -> None:
    """Without following, an unlisted place has no zone."""
    report = _audit(weeks=60, wrong=1, follow=False)
    assert (report.placements, report.zone_disparities) == ((), ())
    assert "new" not in report.zones
