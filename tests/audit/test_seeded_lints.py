"""Defects planted one by one in a clean shop: the lints find each, with a basket that shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from omnicommerce.kernel.predicates import AllOf, AtLeast, During, Not, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import WeeklySpan, Window
from omnicommerce.pricing.audit.inquiry import Known, LintPolicy
from omnicommerce.pricing.audit.lints import lint
from omnicommerce.pricing.audit.model import Finding, Severity, Witness
from omnicommerce.pricing.book import PriceBook
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.effects import AmountOff, BuyGet, PercentOff, SetPrice
from omnicommerce.pricing.model import (
    NamedWindow,
    PriceGuard,
    PriceList,
    PriceTier,
    PricingConfiguration,
)
from omnicommerce.pricing.promotions import Base, Promotion, Status
from omnicommerce.pricing.result import PricedBasket
from tests.audit.clean_shop import (
    CHANNELS,
    EUROS,
    NOW,
    PROMOTIONS,
    ROWS,
    ZONE,
    category,
    clean,
    percent,
    promotion,
    row,
)

NEW = f"$.promotions[{len(PROMOTIONS)}]"
NEW_ROW = f"$.rows[{len(ROWS)}]"
KNOWN = Known(channels={*CHANNELS, "marketplace"}, locations={"serrano"}, zones={"north"}, codes=())
FEW = LintPolicy(cases=16)
Plant = Callable[[], PricingConfiguration]
Shows = Callable[[PricingConfiguration, Witness], bool]
DEFECTS: dict[str, tuple[Plant, str, str, Shows | None]] = {}


def defect(code: str, path: str = NEW, shows: Shows | None = None) -> Callable[[Plant], Plant]:
    """Register a defect: the code and path of its finding, and what its basket must show."""

    def register(plant: Plant) -> Plant:
        DEFECTS[plant.__name__] = (plant, code, path, shows)
        return plant

    return register


def one(effect: Any, *, priority: int = 500, **more: Any) -> PricingConfiguration:
    """Return the clean shop with a promotion more."""
    return clean(promotion("flaw", priority, effect, **more))


def priced(shop: PricingConfiguration, witness: Witness) -> PricedBasket:
    """Price the basket of a witness."""
    return price(PriceBook.compile(shop), witness.basket, witness.situation)


def alone(shop: PricingConfiguration, promotion_id: str) -> PricingConfiguration:
    """Return the shop with one promotion active."""
    promotions = [
        item if item.promotion_id == promotion_id else attrs.evolve(item, status=Status.ARCHIVED)
        for item in shop.promotions
    ]
    return attrs.evolve(shop, promotions=promotions)


def gives_only_alone(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether the flaw gives something by itself and nothing beside the others."""
    by_itself = priced(alone(shop, "flaw"), witness).uses
    return "flaw" in by_itself and "flaw" not in priced(shop, witness).uses


def never_gives(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether the flaw gives nothing, even by itself."""
    return "flaw" not in priced(alone(shop, "flaw"), witness).uses


def order_matters(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether another order of the two flaws asks something else."""
    promotions = [
        attrs.evolve(item, priority=501) if item.promotion_id == "flaw" else item
        for item in shop.promotions
    ]
    other = attrs.evolve(shop, promotions=promotions)
    return priced(shop, witness).payable_minor != priced(other, witness).payable_minor


def falls_below(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether what is left is less than the threshold that was reached."""
    answer = priced(shop, witness)
    return "flaw" in answer.uses and answer.selling_minor < 6000 <= answer.base_minor


def more_costs_less(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether the other basket holds a unit more, and costs less."""
    assert witness.other is not None
    more = attrs.evolve(witness, basket=witness.other)
    dearer = priced(shop, witness).payable_minor
    return more.units > witness.units and priced(shop, more).payable_minor < dearer


def below_cost(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether a pen costs less than the shop paid for it."""
    lines = priced(shop, witness).lines
    return any(line.sku == "PEN" and line.selling_minor < 235 * line.quantity for line in lines)


def all_for_nothing(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether nothing is left to pay."""
    return priced(shop, witness).selling_minor == 0


def many_for_nothing(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether very many units are given away."""
    return priced(shop, witness).discount_amount.minor > 10_000


def both_roles(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether the basket holds a product that is bought and rewarded."""
    assert shop.products
    return {line.sku for line in witness.basket.lines} <= {"MUG", "TOTE"}


def nothing_in_dollars(shop: PricingConfiguration, witness: Witness) -> bool:
    """Tell whether the flaw gives nothing in dollars, though it does in euros."""
    euros = attrs.evolve(witness, situation=attrs.evolve(witness.situation, currency=None))
    given = [priced(alone(shop, "flaw"), one).uses for one in (witness, euros)]
    return given == [(), ("flaw",)]


@defect("lint.shadowed", shows=gives_only_alone)
def shadowed_by_an_exclusive_promotion() -> PricingConfiguration:
    """An exclusive promotion always takes the sofa first."""
    return one(percent(5), on=category("sofa"))


@defect("lint.shadowed", shows=gives_only_alone)
def shadowed_in_its_family() -> PricingConfiguration:
    """A family of which another member always comes first."""
    return one(percent(5), on=category("phone"), family="phones")


@defect("lint.gives_nothing", shows=never_gives)
def set_dearer_than_its_units() -> PricingConfiguration:
    """Three pens for more than three pens cost."""
    return one(SetPrice(3, 900, max_repeats=2), on=category("pen"))


@defect("lint.tie", shows=order_matters)
def tie_left_to_names() -> PricingConfiguration:
    """A percentage and an amount on the same mugs, in no declared order."""
    return clean(
        promotion("flaw", 500, percent(10), on=category("mug")),
        promotion("flaw-too", 500, AmountOff(300), on=category("mug"), when=EUROS),
    )


@defect("lint.self_defeating", shows=falls_below)
def threshold_that_defeats_itself() -> PricingConfiguration:
    """Five off from sixty that are left: then less than sixty is left."""
    return one(AmountOff(500), when=AllOf([EUROS, AtLeast("spend.left", 6000)]), lane=1)


@defect("lint.cliff", shows=more_costs_less)
def deep_cliff() -> PricingConfiguration:
    """Forty off from a hundred: who buys a little more pays much less."""
    return one(AmountOff(4000), when=AllOf([EUROS, AtLeast("spend.base", 10000)]), lane=1)


@defect("lint.cliff", f"{NEW_ROW}.tiers", shows=more_costs_less)
def cliff_of_a_tier() -> PricingConfiguration:
    """From five boxes on each costs a third: five cost less than four."""
    return clean(
        lists=[PriceList("pallets")],
        rows=[row("BOX", 300, price_list="pallets", tiers=[PriceTier(5, 100)])],
    )


@defect("lint.below_cost", "$.guards[0]", shows=below_cost)
def sold_below_cost() -> PricingConfiguration:
    """Pens cost the shop more than four of them bring."""
    return clean(guards=[PriceGuard(sku="PEN", cost=235)], minimum_margin=None)


@defect("lint.over_hundred", shows=all_for_nothing)
def over_a_hundred_per_cent() -> PricingConfiguration:
    """Sixty and fifty per cent of the original price."""
    sixty = promotion("flaw-too", 490, percent(60), on=category("mug"), base=Base.ORIGINAL)
    fifty = promotion("flaw", 500, percent(50), on=category("mug"), base=Base.ORIGINAL)
    return clean(fifty, sixty)


@defect("lint.endless", f"{NEW}.effect", shows=many_for_nothing)
def endless_repeats() -> PricingConfiguration:
    """One free for each bought, as often as anybody likes."""
    return one(BuyGet(1), on=category("mug"))


@defect("lint.overlap", f"{NEW}.effect.bought", shows=both_roles)
def bought_and_rewarded() -> PricingConfiguration:
    """A mug counts as bought and can be the reward."""
    effect = BuyGet(1, rate=Rate.percent(50), bought=category("mug"), max_repeats=2)
    return one(effect, on=category("mug", "tote"))


@defect("lint.missing_currency", f"{NEW}.in_currencies", shows=nothing_in_dollars)
def amount_missing_in_dollars() -> PricingConfiguration:
    """An amount off mugs, which are sold in dollars too."""
    return one(AmountOff(100), on=category("mug"))


@defect("lint.budget_too_small")
def budget_below_a_reward() -> PricingConfiguration:
    """A budget of less than one reward, and no part of it is given."""
    return one(AmountOff(300), on=category("mug"), when=EUROS, budget=250, partial_budget=False)


@defect("lint.empty_set", f"{NEW}.on")
def nothing_matches() -> PricingConfiguration:
    """A category that no product is in."""
    return one(percent(10), on=category("mugs"))


@defect("lint.empty_set", f"{NEW}.effect.bought")
def nothing_can_be_bought() -> PricingConfiguration:
    """A trigger that no product is."""
    effect = BuyGet(1, bought=category("cups"), max_repeats=1)
    return one(effect, on=category("mug"))


@defect("lint.contradiction", f"{NEW}.when")
def conditions_contradict() -> PricingConfiguration:
    """In the app, but not in the app."""
    app = OneOf("channel", {"app"})
    return one(percent(10), on=category("mug"), when=AllOf([app, Not(app)]))


@defect("lint.contradiction", f"{NEW}.when")
def two_channels_at_once() -> PricingConfiguration:
    """In the app and in the store."""
    both = AllOf([OneOf("channel", {"app"}), OneOf("channel", {"store"})])
    return one(percent(10), on=category("mug"), when=both)


@defect("lint.contradiction", f"{NEW}.when")
def windows_apart() -> PricingConfiguration:
    """In two weeks that do not meet."""
    first = Window.between(NOW, NOW + timedelta(days=7))
    second = Window.between(NOW + timedelta(days=7), NOW + timedelta(days=14))
    when = AllOf([During(first), During(second)])
    return one(percent(10), on=category("mug"), when=when)


@defect("lint.window_in_gap", f"{NEW}.when")
def window_in_a_gap() -> PricingConfiguration:
    """An hour of Sunday night that the clocks skip in spring."""
    night = Window(zone=ZONE, weekly=[WeeklySpan.parse("Sun 02:00-03:00")])
    return one(percent(10), on=category("mug"), when=During(night))


@defect("lint.expired", f"{NEW}.when")
def expired_and_still_active() -> PricingConfiguration:
    """A promotion that ended yesterday."""
    over = Window.between(None, NOW - timedelta(days=1))
    return one(percent(10), on=category("mug"), when=During(over))


@defect("lint.always_true", f"{NEW}.when.minimum")
def threshold_of_nothing() -> PricingConfiguration:
    """From zero on."""
    return one(percent(10), on=category("mug"), when=AtLeast("matching.units", 0))


@defect("lint.code_unreachable", f"{NEW}.when")
def code_that_has_expired() -> PricingConfiguration:
    """All codes for it have ended."""
    code = CouponCode(
        code="OLD", unlocks="mugs", window=Window.between(None, NOW - timedelta(days=1))
    )
    shop = one(percent(10), on=category("mug"), when=OneOf("code", {"mugs"}))
    return attrs.evolve(shop, codes=[*shop.codes, code])


@defect("lint.code_unreachable", f"{NEW}.when")
def code_that_nobody_has() -> PricingConfiguration:
    """No code anywhere unlocks it."""
    return one(percent(10), on=category("mug"), when=OneOf("code", {"MUGS"}))


@defect("lint.code_unlocks_nothing", "$.codes[1]")
def code_for_nothing() -> PricingConfiguration:
    """A code that no promotion asks for."""
    shop = clean()
    return attrs.evolve(shop, codes=[*shop.codes, CouponCode(code="HELLO")])


@defect("lint.row_unreachable", NEW_ROW)
def row_behind_another() -> PricingConfiguration:
    """A row of a list that comes after one with the same product, always."""
    shop = clean(rows=[row("MUG", 990, price_list="later")])
    return attrs.evolve(shop, lists=[*shop.lists, PriceList("later")])


@defect("lint.row_expired", NEW_ROW)
def row_that_is_over() -> PricingConfiguration:
    """A row whose window has ended."""
    over = NamedWindow("over", Window.between(None, NOW - timedelta(days=1)))
    shop = clean(rows=[row("MUG", 990, window="over")])
    return attrs.evolve(shop, windows=[*shop.windows, over])


@defect("lint.unknown_place", f"{NEW}.when")
def unknown_channel() -> PricingConfiguration:
    """A channel that the shop does not have."""
    return one(percent(10), on=category("mug"), when=OneOf("channel", {"apps"}))


@defect("lint.unknown_place", f"{NEW_ROW}.zone")
def unknown_zone() -> PricingConfiguration:
    """A price zone that no location is in."""
    return clean(rows=[row("MUG", 990, zone="nord")])


@defect("lint.refused", f"{NEW}.when")
def advertised_though_it_depends_on_the_basket() -> PricingConfiguration:
    """No listing can show what depends on the basket."""
    return one(percent(10), on=category("mug"), when=AtLeast("matching.units", 2), advertised=True)


@defect("lint.code_case", f"{NEW}.when")
def codes_that_differ_by_case() -> PricingConfiguration:
    """Two codes that people cannot tell apart."""
    return one(percent(10), on=category("mug"), when=OneOf("code", {"mugs", "MUGS"}))


def found_in(shop: PricingConfiguration) -> tuple[Finding, ...]:
    """Return what the lints say, notes left out."""
    return tuple(
        item
        for item in lint(shop, at=NOW, known=KNOWN, policy=FEW)
        if item.severity is not Severity.NOTE
    )


def test_the_clean_shop_has_nothing_to_mend() -> None:
    """There is no error and no warning; small cliffs are noted, and really are there."""
    shop = clean()
    findings = lint(shop, at=NOW, known=KNOWN, policy=FEW)
    assert {"lint.cliff"} == {item.code for item in findings}
    assert {Severity.NOTE} == {item.severity for item in findings}
    for finding in findings:
        assert finding.witness is not None
        assert more_costs_less(shop, finding.witness)


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_found(name: str) -> None:
    """The finding has the right code and path, and its basket shows what it says."""
    plant, code, path, shows = DEFECTS[name]
    shop = plant()
    found = [
        item
        for item in found_in(shop)
        if item.code == code and any(p.startswith(path) for p in (item.path, *item.related))
    ]
    assert found
    assert json.dumps(dict(found[0].reason.parameters))
    if shows is not None:
        witness = found[0].witness
        assert witness is not None
        assert shows(shop, witness)


def test_a_refused_configuration_is_still_read() -> None:
    """What shows in what is written is found even where nothing can be priced."""
    twice = Promotion(promotion_id="twice", effect=PercentOff(Rate.percent(5)), on=category("cup"))
    found = found_in(clean(twice, twice))
    assert {"lint.refused", "lint.empty_set"} <= {item.code for item in found}
