"""Parity leaks to plant in a clean shop, each a small change of one kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs

from omnicommerce.kernel.predicates import AllOf, AnyOf, AtLeast, During, Not, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.rounding import RoundingLevel
from omnicommerce.kernel.window import Window
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.delivery import DeliveryMethod, Flat
from omnicommerce.pricing.effects import (
    AmountOff,
    BundlePart,
    BundlePrice,
    BuyGet,
    EarnPoints,
    Gift,
    MatchBand,
    MatchCoupon,
    Measured,
    OfferList,
    PercentOff,
    SetPrice,
    Spread,
    Tier,
    Tiers,
)
from omnicommerce.pricing.model import (
    ListRole,
    PriceList,
    PriceTier,
    PricingConfiguration,
)
from omnicommerce.pricing.parity_model import (
    ChannelFacts,
    ParityException,
    ParityGroup,
    ParityLevel,
)
from omnicommerce.pricing.promotions import Base, CurrencyTerms, Target
from omnicommerce.pricing.tax.model import PriceBasis, Surcharge, TaxExemption
from tests.audit.clean_shop import (
    CHANNELS,
    HAPPY_HOUR,
    NOW,
    PROMOTIONS,
    ROWS,
    category,
    clean,
    copies,
    facts,
    one,
    only_in,
    percent,
    promotion,
    row,
)

__all__ = ["LEAKS"]

NEW = f"$.promotions[{len(PROMOTIONS)}]"
NEW_ROW = f"$.rows[{len(ROWS)}]"
TRACED = ParityGroup(group_id="everywhere", channels=CHANNELS, level=ParityLevel.TRACE)
Plant = Callable[[], PricingConfiguration]
LEAKS: dict[str, tuple[Plant, str, ParityLevel]] = {}


def leak(path: str = NEW, level: ParityLevel = ParityLevel.PAYABLE) -> Callable[[Plant], Plant]:
    """Register a leak: where the finding must point, and the level at which it shows."""

    def register(plant: Plant) -> Plant:
        LEAKS[plant.__name__] = (plant, path, level)
        return plant

    return register


@leak()
def promotion_in_one_channel() -> PricingConfiguration:
    """A promotion for the app only."""
    return one(percent(10), on=category("mug"), when=only_in("app"))


@leak()
def promotion_everywhere_but_in_one() -> PricingConfiguration:
    """A promotion for every channel but the store."""
    return one(percent(10), on=category("mug"), when=Not(OneOf("channel", {"store"})))


@leak()
def code_not_needed_in_one_channel() -> PricingConfiguration:
    """A code that the web does without."""
    when = AnyOf([OneOf("channel", {"web"}), OneOf("code", {"MUGS"})])
    return one(percent(10), on=category("mug"), when=when)


@leak()
def barred_for_a_class_in_one_channel() -> PricingConfiguration:
    """An offer that club members do not get by phone."""
    both = AllOf([OneOf("channel", {"phone"}), OneOf("customer_class", {"club"})])
    return one(percent(10), on=category("mug"), when=Not(both))


@leak(NEW_ROW)
def list_of_one_channel() -> PricingConfiguration:
    """A price list of the store only."""
    return clean(
        lists=[PriceList("till", when=only_in("store"))],
        rows=[row("MUG", 990, price_list="till")],
    )


@leak("$.rows[")
def row_missing_in_a_copy() -> PricingConfiguration:
    """Two lists that should be the same; one lacks a row."""
    return clean(
        lists=[
            PriceList("online", when=OneOf("channel", {"web", "app"})),
            PriceList("offline", when=OneOf("channel", {"store", "phone"})),
        ],
        rows=[
            row("MUG", 990, price_list="online"),
            row("MUG", 990, price_list="offline"),
            row("PEN", 225, price_list="online"),
        ],
    )


@leak("$.rows[")
def amount_changed_in_a_copy() -> PricingConfiguration:
    """Two lists that should be the same; one amount is not."""
    return clean(
        lists=[
            PriceList("online", when=OneOf("channel", {"web", "app"})),
            PriceList("offline", when=OneOf("channel", {"store", "phone"})),
        ],
        rows=[row("MUG", 990, price_list="online"), row("MUG", 999, price_list="offline")],
    )


@leak(NEW_ROW)
def sale_in_one_channel() -> PricingConfiguration:
    """A sale of the web only."""
    return clean(
        lists=[PriceList("web-sale", sale=True, when=only_in("web"))],
        rows=[row("PEN", 199, price_list="web-sale")],
    )


@leak("$.promotions[0]", ParityLevel.LINE)
def offer_list_in_one_channel() -> PricingConfiguration:
    """Card prices that the app alone honours."""
    shop = clean()
    card, *others = shop.promotions
    mine = attrs.evolve(card, when=only_in("app", card.when))
    return attrs.evolve(shop, promotions=[mine, *others])


@leak(NEW_ROW)
def offer_rows_of_one_channel() -> PricingConfiguration:
    """An offer list that only counts in the store."""
    return clean(
        promotion("leak", 500, OfferList("till-offers")),
        lists=[PriceList("till-offers", ListRole.OFFER, only_in("store"))],
        rows=[row("MUG", 890, price_list="till-offers")],
    )


@leak(NEW_ROW)
def winter_price_in_one_channel() -> PricingConfiguration:
    """A price for the winter, in the app only."""
    return clean(
        lists=[PriceList("app-winter", when=only_in("app"))],
        rows=[row("MUG", 990, price_list="app-winter", window="winter")],
    )


@leak(NEW_ROW)
def tiers_in_one_channel() -> PricingConfiguration:
    """From ten mugs on they cost less, on the web."""
    return clean(
        lists=[PriceList("web-tiers", when=only_in("web"))],
        rows=[row("MUG", 1090, price_list="web-tiers", tiers=[PriceTier(10, 990)])],
    )


@leak(NEW_ROW)
def subscription_in_one_channel() -> PricingConfiguration:
    """A price of the subscription that the app undercuts."""
    return clean(
        lists=[PriceList("app-plans", when=only_in("app"))],
        rows=[row("COFFEE", 499, price_list="app-plans", plan="monthly")],
    )


@leak("$.rows[")
def store_prices_the_web_cannot_know() -> PricingConfiguration:
    """Prices of a store; the web knows no store."""
    return facts(channel="web", unknown={"location"})


@leak("$.rows[")
def zone_of_the_store() -> PricingConfiguration:
    """The tills lie in one zone."""
    return facts(channel="store", always={"zone": {"north"}})


@leak("$.rows[")
def class_unknown_by_phone() -> PricingConfiguration:
    """By phone nobody's class is known."""
    return facts(channel="phone", unknown={"customer_class"})


@leak("$.rows[")
def contract_unknown_at_the_till() -> PricingConfiguration:
    """The till does not know who buys."""
    return facts(channel="store", unknown={"customer"})


@leak("$.promotions[16]")
def staff_only_in_the_store() -> PricingConfiguration:
    """Staff are known as such everywhere but on the web."""
    return facts(channel="web", only={"role": {"anonymous", "customer"}})


@leak("$.rows[")
def country_of_the_store() -> PricingConfiguration:
    """The store sells in Spain; elsewhere the buyer's country counts."""
    return facts(channel="store", always={"country": {"ES"}})


@leak("$.channel_facts[0]")
def currency_of_one_channel() -> PricingConfiguration:
    """By phone prices are in dollars."""
    return facts(channel="phone", always={"currency": {"USD"}})


@leak("$.promotions[18]")
def codes_the_till_does_not_take() -> PricingConfiguration:
    """The till takes no codes."""
    return facts(channel="store", unknown={"code"})


@leak("$.promotions[21]")
def payment_the_store_does_not_take() -> PricingConfiguration:
    """In the store nobody pays by transfer."""
    return facts(channel="store", only={"payment": {"cash", "card"}})


@leak("$.promotions[19]")
def orders_unknown_at_the_till() -> PricingConfiguration:
    """The till counts no orders, so that everybody is new there."""
    return facts(channel="store", unknown={"history"})


@leak()
def pick_up_not_offered_by_phone() -> PricingConfiguration:
    """Who collects pays less, but by phone nobody can choose to."""
    shop = one(percent(5), on=category("mug"), when=OneOf("delivery", {"collect"}))
    return attrs.evolve(
        shop, channel_facts=[ChannelFacts(channel="phone", only={"delivery": {"post"}})]
    )


@leak()
def collected_in_some_channels() -> PricingConfiguration:
    """Who collects pays less, and only web and app offer it."""
    shop = one(percent(5), on=category("mug"), when=OneOf("delivery", {"collect"}))
    collect = DeliveryMethod(
        method_id="collect", rate=Flat(0), when=OneOf("channel", {"web", "app"})
    )
    return attrs.evolve(shop, delivery_methods=[*shop.delivery_methods, collect])


@leak()
def source_of_the_app() -> PricingConfiguration:
    """The app is always its own source, for which there is an offer."""
    shop = one(percent(5), on=category("mug"), when=OneOf("attribute.source", {"app"}))
    return attrs.evolve(
        shop,
        channel_facts=[ChannelFacts(channel="app", always={"attribute.source": {"app"}})],
    )


@leak(level=ParityLevel.LINE)
def gift_in_one_channel() -> PricingConfiguration:
    """A gift that only the web gives."""
    when = AllOf([OneOf("channel", {"web"}), AtLeast("matching.units", 2)])
    return one(Gift(["PEN"]), on=category("mug"), when=when)


@leak()
def exclusive_in_one_channel() -> PricingConfiguration:
    """A small exclusive offer of the app keeps the better one away."""
    return one(percent(1), priority=5, on=category("dress"), when=only_in("app"), exclusive=True)


@leak()
def winner_of_a_group_in_one_channel() -> PricingConfiguration:
    """On the web another promotion wins the group."""
    return one(percent(30), on=category("chair"), when=only_in("web"), group="chairs")


@leak()
def rival_family_in_one_channel() -> PricingConfiguration:
    """By phone a small offer keeps its better rivals away."""
    return one(
        AmountOff(100),
        priority=5,
        on=category("phone"),
        when=only_in("phone"),
        family="phones",
    )


@leak("$.promotions[")
def other_rate_in_a_copy() -> PricingConfiguration:
    """A copy for the app with another rate."""
    return copies(promotion("x", 500, percent(10), on=category("mug")), effect=percent(12))


@leak("$.promotions[")
def other_cap_in_a_copy() -> PricingConfiguration:
    """A copy for the app with another cap."""
    return copies(promotion("x", 500, percent(10), on=category("mug"), cap=500), cap=600)


@leak("$.promotions[")
def other_units_in_a_copy() -> PricingConfiguration:
    """A copy for the app that works on more units."""
    return copies(promotion("x", 500, percent(10), on=category("mug"), max_units=5), max_units=6)


@leak("$.promotions[")
def other_repeats_in_a_copy() -> PricingConfiguration:
    """A copy for the app that repeats more often."""
    return copies(
        promotion("x", 500, BuyGet(3, max_repeats=2), on=category("mug")),
        effect=BuyGet(3, max_repeats=3),
    )


@leak("$.promotions[")
def other_rounding_in_a_copy() -> PricingConfiguration:
    """A copy for the app that rounds each unit."""
    return copies(
        promotion("x", 500, percent(10), on=category("glass")),
        effect=PercentOff(Rate.percent(10), RoundingLevel.UNIT),
    )


@leak("$.promotions[", ParityLevel.LINE)
def other_spread_in_a_copy() -> PricingConfiguration:
    """A copy for the app that splits its amount evenly: totals agree, lines do not."""
    return copies(
        promotion("x", 500, AmountOff(300), on=category("mug", "tote")),
        effect=AmountOff(300, spread=Spread.EVEN),
    )


@leak("$.promotions[")
def other_base_in_a_copy() -> PricingConfiguration:
    """A copy for the app that is worked out from the price before promotions."""
    return copies(promotion("x", 500, percent(10), on=category("dress")), base=Base.ORIGINAL)


@leak("$.promotions[")
def other_turn_in_a_copy() -> PricingConfiguration:
    """A copy for the app that has its turn before a percentage, not after it."""
    return copies(promotion("x", 500, AmountOff(1000), on=category("dress")), priority=5)


@leak("$.promotions[")
def other_threshold_in_a_copy() -> PricingConfiguration:
    """A copy for the app from a cent more on."""
    first = promotion("x", 500, AmountOff(200), on=category("mug"))
    mine = attrs.evolve(
        first, promotion_id="leak-app", when=only_in("app", AtLeast("matching.base", 3271))
    )
    others = attrs.evolve(
        first,
        promotion_id="leak-others",
        when=AllOf([Not(OneOf("channel", {"app"})), AtLeast("matching.base", 3270)]),
    )
    return clean(mine, others)


@leak()
def happy_hour_in_one_channel() -> PricingConfiguration:
    """Happy hour, but only in the store."""
    return one(percent(10), on=category("mug"), when=only_in("store", During(HAPPY_HOUR)))


@leak()
def next_year_in_one_channel() -> PricingConfiguration:
    """A promotion of the app that has not begun."""
    later = Window.between(NOW + timedelta(days=200), NOW + timedelta(days=210))
    return one(percent(10), on=category("mug"), when=only_in("app", During(later)))


@leak()
def third_order_in_one_channel() -> PricingConfiguration:
    """The third order is cheaper on the web."""
    return one(percent(10), on=category("mug"), when=only_in("web", AtLeast("history.orders", 2)))


@leak()
def staff_discount_in_one_channel() -> PricingConfiguration:
    """Staff pay less in the store."""
    return one(percent(15), on=category("mug"), when=only_in("store", OneOf("role", {"staff"})))


@leak()
def steps_in_one_channel() -> PricingConfiguration:
    """Steps by spend, in the app."""
    effect = Tiers(Measured.MATCHING, [Tier(6000, percent(2)), Tier(9000, percent(3))])
    return one(effect, on=category("mug"), when=only_in("app"))


@leak()
def bundle_in_one_channel() -> PricingConfiguration:
    """A bundle, on the web."""
    effect = BundlePrice([BundlePart(category("mug")), BundlePart(category("tote"))], 1900)
    return one(effect, when=only_in("web"))


@leak()
def set_price_in_one_channel() -> PricingConfiguration:
    """Five pens for ten, in the store."""
    return one(SetPrice(5, 1000, max_repeats=2), on=category("pen"), when=only_in("store"))


@leak(level=ParityLevel.POINTS)
def points_in_one_channel() -> PricingConfiguration:
    """Double points in the app."""
    return one(EarnPoints(rate=Rate.percent(1)), when=only_in("app"))


@leak()
def free_delivery_in_one_channel() -> PricingConfiguration:
    """Delivery is cheaper in the app."""
    return one(percent(50), target=Target.DELIVERY, when=only_in("app"), lane=1)


@leak()
def coupons_doubled_in_one_channel() -> PricingConfiguration:
    """Paper coupons are worth more in the store."""
    effect = MatchCoupon([MatchBand(up_to=200, raised_to=200)])
    return one(effect, when=only_in("store"), lane=2)


@leak()
def terms_in_dollars_of_one_channel() -> PricingConfiguration:
    """In dollars the app gives more."""
    terms = CurrencyTerms(effect=AmountOff(300), when=only_in("app"))
    return one(AmountOff(100), on=category("mug"), in_currencies={"USD": terms})


@leak("$.promotions[", ParityLevel.TRACE)
def hidden_behind_another() -> PricingConfiguration:
    """In one channel a promotion has another fate, though all amounts agree."""
    return clean(
        promotion("all-pens", 490, percent(100), on=category("pen")),
        promotion("leak", 500, percent(10), on=category("pen"), when=only_in("app")),
        parity_groups=[TRACED],
    )


def excepted(**changes: Any) -> PricingConfiguration:
    """Return a shop with a promotion of the app, and an exception that does not quite allow it."""
    usual: dict[str, Any] = {
        "exception_id": "app-mugs",
        "channels": CHANNELS,
        "on": category("mug"),
        "cheaper": "app",
        "max_rate": Rate.percent(11),
        "reason": "Launch of the app",
        "owner": "Marketing",
        "expires_at": NOW + timedelta(days=30),
    }
    shop = one(percent(10), on=category("mug"), when=only_in("app"))
    return attrs.evolve(shop, parity_exceptions=[ParityException(**{**usual, **changes})])


@leak()
def expired_exception() -> PricingConfiguration:
    """What allowed it ended yesterday."""
    return excepted(expires_at=NOW - timedelta(days=1))


@leak()
def exception_too_small() -> PricingConfiguration:
    """What allows it allows less."""
    return excepted(max_rate=Rate.percent(9))


@leak()
def exception_too_small_for_many() -> PricingConfiguration:
    """One mug is within the bound, many are not."""
    return excepted(max_rate=None, max_amount=500)


@leak()
def exception_in_the_other_direction() -> PricingConfiguration:
    """The store may be cheaper; the app is."""
    return excepted(cheaper="store")


@leak()
def exception_for_other_products() -> PricingConfiguration:
    """What is allowed is about pens."""
    return excepted(on=category("pen"))


@leak()
def exception_for_a_class() -> PricingConfiguration:
    """What is allowed is for the club; everybody gets it."""
    return excepted(customer_classes={"club"})


@leak()
def exception_at_another_time() -> PricingConfiguration:
    """What is allowed begins tomorrow."""
    return excepted(window=Window.between(NOW + timedelta(days=1), None))


@leak()
def exception_for_other_channels() -> PricingConfiguration:
    """What is allowed is between app and web; store and phone are dearer too."""
    return excepted(channels={"app", "web"})


@leak(NEW_ROW)
def sold_in_one_channel_only() -> PricingConfiguration:
    """A product that has a price on the web only."""
    return clean(
        lists=[PriceList("web-only", when=only_in("web"))],
        rows=[row("BOOK", 1795, price_list="web-only", plan="yearly")],
    )


@leak("$.surcharges[1]")
def surcharge_in_one_channel() -> PricingConfiguration:
    """By phone an order costs more."""
    shop = clean()
    fee = Surcharge(surcharge_id="operator", amount=200, when=only_in("phone"))
    return attrs.evolve(shop, surcharges=[*shop.surcharges, fee])


@leak("$.tax")
def prices_without_tax_in_one_channel() -> PricingConfiguration:
    """In the store prices are entered without tax."""
    shop = clean()
    assert shop.tax is not None
    basis = PriceBasis(only_in("store"), includes_tax=False)
    return attrs.evolve(shop, tax=attrs.evolve(shop.tax, bases=[basis]))


@leak("$.tax")
def exempt_in_one_channel() -> PricingConfiguration:
    """Who owes no tax is only known on the web."""
    shop = clean()
    assert shop.tax is not None
    exemption = TaxExemption(
        exemption_id="export", when=only_in("web", OneOf("customer_class", {"export"}))
    )
    exemptions = [*shop.tax.exemptions, exemption]
    return attrs.evolve(shop, tax=attrs.evolve(shop.tax, exemptions=exemptions))


@leak("$.codes[1]")
def personal_code_at_the_till() -> PricingConfiguration:
    """A code of one customer, whom the till does not know."""
    shop = one(percent(10), on=category("mug"), when=OneOf("code", {"mine"}))
    code = CouponCode(code="MINE", unlocks="mine", customer_id="anna")
    seen = ChannelFacts(channel="store", unknown={"customer"})
    return attrs.evolve(shop, codes=[*shop.codes, code], channel_facts=[seen])
