"""A shop that uses every family of features, is equal in all channels, and has nothing to mend."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import attrs

from omnicommerce.kernel.predicates import AllOf, AnyOf, AtLeast, During, Not, OneOf, Predicate
from omnicommerce.kernel.quantity import Measure
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.window import WeeklySpan, Window
from omnicommerce.pricing.codes import CouponCode
from omnicommerce.pricing.delivery import DeliveryMethod, Flat
from omnicommerce.pricing.effects import (
    AmountOff,
    BundlePart,
    BundlePrice,
    BuyGet,
    Choice,
    EarnPoints,
    FirstThenEach,
    Gift,
    GroupOff,
    MatchBand,
    MatchCoupon,
    Measured,
    OfferList,
    Per,
    PercentOff,
    Rewarded,
    SetPrice,
    Tier,
    Tiers,
    TotalPrice,
)
from omnicommerce.pricing.model import (
    ListRole,
    NamedWindow,
    PriceGuard,
    PriceList,
    PriceRow,
    PriceTier,
    PricingConfiguration,
    ProductTraits,
    Tiering,
)
from omnicommerce.pricing.parity_model import ChannelFacts, ParityGroup, ParityLevel
from omnicommerce.pricing.promotions import (
    Base,
    CurrencyTerms,
    Exclusion,
    Promotion,
    Stacking,
    StackingGroup,
    Status,
    Target,
)
from omnicommerce.pricing.tax.model import (
    Jurisdiction,
    Surcharge,
    TaxConfiguration,
    TaxExemption,
    TaxRate,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CHANNELS = ("app", "phone", "store", "web")
ZONE = "Europe/Madrid"
EUROS = OneOf("currency", {"EUR"})


def percent(value: int | str) -> PercentOff:
    """Return so many per cent off."""
    return PercentOff(Rate.percent(value))


def category(*names: str) -> OneOf:
    """Return what matches products of these categories."""
    return OneOf("category", names)


def product(sku: str, *categories: str, measure: Measure = Measure.EACH) -> ProductTraits:
    """Return a product of some categories."""
    return ProductTraits(sku, {"category": categories}, measure)


PRODUCTS = (
    product("ALBA-M", "dress", "women"),
    product("ALBA-L", "dress", "women"),
    product("JEANS", "jeans", "women"),
    product("SCARF", "scarf", "accessory"),
    product("HAT", "hat", "accessory"),
    product("BELT", "belt", "accessory"),
    product("SOCKS", "socks"),
    product("TEA", "tea", "grocery"),
    product("COFFEE", "coffee", "grocery"),
    product("MILK", "milk", "grocery"),
    product("HAM", "ham", measure=Measure.GRAM),
    product("MIXER", "mixer", "kitchen"),
    product("BOWL", "bowl", "kitchen"),
    product("WHISK", "whisk", "kitchen"),
    product("PLATE", "plate"),
    product("GLASS", "glass"),
    product("TOTE", "tote"),
    product("MUG", "mug"),
    product("PEN", "pen"),
    product("BOX", "box"),
    product("LAMP", "lamp"),
    product("CHAIR", "chair"),
    product("SOFA", "sofa"),
    product("PHONE", "phone"),
    product("BOOK", "book"),
)

SHELF = {
    "ALBA-M": 8990,
    "ALBA-L": 9490,
    "JEANS": 5995,
    "SCARF": 2495,
    "HAT": 1995,
    "BELT": 2295,
    "SOCKS": 695,
    "COFFEE": 645,
    "MILK": 109,
    "MIXER": 6900,
    "BOWL": 1890,
    "WHISK": 990,
    "PLATE": 1250,
    "GLASS": 495,
    "TOTE": 1200,
    "MUG": 1090,
    "PEN": 245,
    "LAMP": 4990,
    "CHAIR": 12900,
    "SOFA": 69900,
    "PHONE": 39900,
    "BOOK": 1795,
}

WINTER = Window.local(date(2026, 12, 1), date(2027, 2, 1), ZONE)
HAPPY_HOUR = Window(zone=ZONE, weekly=[WeeklySpan.parse("Thu 17:00-19:00")])


def row(sku: str, amount: int, **more: Any) -> PriceRow:
    """Return a row of the shelf list."""
    return PriceRow(price_list=more.pop("price_list", "shelf"), sku=sku, amount=amount, **more)


ROWS = (
    *(row(sku, amount) for sku, amount in SHELF.items()),
    row("HAM", 1895, per=1000),
    row("TEA", 450, tiers=[PriceTier(12, 429)], tiering=Tiering.GRADUATED),
    row("BOX", 500, per=3),
    row("MILK", 105, zone="north"),
    row("MILK", 99, location="serrano"),
    row("COFFEE", 599, customer_class="staff"),
    row("PHONE", 37900, customer="acme"),
    row("PHONE", 41900, country="PT"),
    row("COFFEE", 549, plan="monthly"),
    row("JEANS", 4995, price_list="sale", window="winter"),
    row("SCARF", 1995, price_list="card"),
    row("BOOK", 1995, price_list="dollars"),
    row("MUG", 1190, price_list="dollars"),
    row("LAMP", 4790, price_list="lamps-online"),
    row("LAMP", 4790, price_list="lamps-offline"),
)


def promotion(promotion_id: str, priority: int, effect: Any, **more: Any) -> Promotion:
    """Return a promotion."""
    return Promotion(promotion_id=promotion_id, priority=priority, effect=effect, **more)


PROMOTIONS = (
    promotion("card", 10, OfferList("card"), when=OneOf("customer_class", {"club"})),
    promotion("dresses", 20, percent(10), on=category("dress")),
    promotion(
        "hats",
        30,
        BuyGet(2, max_repeats=4, rewarded=Rewarded.CHEAPEST_OF_SET),
        on=category("hat"),
    ),
    promotion("socks", 40, SetPrice(3, 1800, max_repeats=5), on=category("socks")),
    promotion(
        "baking",
        50,
        BundlePrice(
            [BundlePart(category("mixer")), BundlePart(category("bowl"))], 8200, max_repeats=3
        ),
    ),
    promotion(
        "belt-for-scarf",
        60,
        BuyGet(1, rate=Rate.percent(30), bought=category("scarf"), max_repeats=2),
        on=category("belt"),
    ),
    promotion(
        "glasses",
        70,
        Tiers(Measured.UNITS, [Tier(6, percent(5)), Tier(12, percent(8))]),
        on=category("glass"),
    ),
    promotion("pens", 80, GroupOff(4, percent(10)), on=category("pen")),
    promotion(
        "books",
        90,
        FirstThenEach(100, 150, 5),
        on=category("book"),
        in_currencies={"USD": CurrencyTerms(effect=FirstThenEach(110, 165, 5))},
    ),
    promotion(
        "mugs",
        100,
        AmountOff(90, Per.UNIT),
        on=category("mug"),
        max_units=4,
        first_units=Choice.DEAREST,
        in_currencies={"USD": CurrencyTerms(effect=AmountOff(100, Per.UNIT))},
    ),
    promotion(
        "happy-hour", 110, percent(5), when=During(HAPPY_HOUR), on=category("coffee", "milk")
    ),
    promotion("winter-lamps", 120, percent(15), when=During(WINTER), on=category("lamp"), cap=2000),
    promotion("sofa", 130, percent(12), on=category("sofa"), exclusive=True),
    promotion("chair-a", 140, percent(8), on=category("chair"), group="chairs"),
    promotion("chair-b", 150, AmountOff(1200), on=category("chair"), group="chairs"),
    promotion("phone-trade", 160, AmountOff(3000), on=category("phone"), family="phones"),
    promotion(
        "phone-staff",
        155,
        percent(10),
        on=category("phone"),
        when=OneOf("role", {"staff"}),
        family="phones",
    ),
    promotion("plates", 180, TotalPrice(1100, Per.PRODUCT), on=category("plate"), cap=150),
    promotion(
        "friend",
        200,
        percent(10),
        when=OneOf("code", {"AMIGA10"}),
        on=category("women"),
        base=Base.ORIGINAL,
        limit_per_customer=1,
        lane=1,
    ),
    promotion(
        "welcome",
        210,
        AmountOff(500),
        when=AllOf([EUROS, Not(AtLeast("history.orders", 1)), AtLeast("spend.base", 10000)]),
        lane=1,
    ),
    promotion(
        "third-order",
        220,
        percent(4),
        when=AtLeast("history.orders_in_90_days", 2),
        on=category("kitchen"),
        lane=1,
    ),
    promotion(
        "by-transfer",
        230,
        percent(2),
        when=OneOf("payment", {"transfer"}),
        on=category("sofa", "chair"),
        lane=1,
    ),
    promotion(
        "gift-tote",
        240,
        Gift(["TOTE", "MUG"]),
        when=AllOf([EUROS, AtLeast("spend.base", 15000)]),
        lane=2,
    ),
    promotion(
        "free-delivery",
        250,
        percent(100),
        when=AllOf([EUROS, AtLeast("spend.left", 5000)]),
        target=Target.DELIVERY,
        lane=2,
    ),
    promotion("points", 260, EarnPoints(rate=Rate.percent(1)), lane=3),
    promotion(
        "coupons",
        270,
        MatchCoupon([MatchBand(up_to=50, rate=Rate.percent(100))]),
        when=EUROS,
        lane=3,
    ),
    promotion("summer-draft", 280, percent(50), status=Status.DRAFT),
    promotion(
        "club-bowls",
        290,
        percent(3),
        on=category("bowl"),
        when=AllOf([OneOf("channel", CHANNELS), OneOf("customer_class", {"club"})]),
    ),
    promotion(
        "club-whisks",
        300,
        percent(3),
        on=category("whisk"),
        when=AllOf(
            [
                AnyOf([OneOf("channel", {"web", "app"}), OneOf("channel", {"store", "phone"})]),
                OneOf("customer_class", {"club"}),
            ]
        ),
    ),
    promotion("marketplace", 310, percent(1), when=OneOf("channel", {"marketplace"})),
)


def clean(*more: Promotion, **changes: Any) -> PricingConfiguration:
    """Return the clean shop, with further promotions and other fields.

    Args:
        more: Promotions beside the usual ones.
        changes: Fields to replace; ``rows`` and ``lists`` are put beside the usual ones.
    """
    extra_rows = changes.pop("rows", ())
    extra_lists = changes.pop("lists", ())
    shop = PricingConfiguration(
        currency="EUR",
        products=PRODUCTS,
        lists=[
            PriceList("sale", sale=True),
            PriceList("lamps-online", when=OneOf("channel", {"web", "app"})),
            PriceList("lamps-offline", when=Not(OneOf("channel", {"web", "app"}))),
            *extra_lists,
            PriceList("shelf"),
            PriceList("card", ListRole.OFFER),
            PriceList("dollars", currency="USD"),
        ],
        rows=[*ROWS, *extra_rows],
        windows=[NamedWindow("winter", WINTER)],
        promotions=[*PROMOTIONS, *more],
        stacking=Stacking(
            groups=[StackingGroup("chairs")], exclusions=[Exclusion("phones", "phones")]
        ),
        untouchable=OneOf("sku", {"BOX"}),
        codes=[CouponCode(code="AMIGA-10", unlocks="AMIGA10")],
        tax=TaxConfiguration(
            rates=[
                TaxRate(rate=Rate.percent(21), country="ES"),
                TaxRate(rate=Rate.percent(10), country="ES", tax_class="food"),
                TaxRate(rate=Rate.percent(23), country="PT"),
            ],
            home=Jurisdiction("ES"),
            exemptions=[
                TaxExemption(exemption_id="embassy", when=OneOf("customer_class", {"embassy"}))
            ],
        ),
        surcharges=[
            Surcharge(surcharge_id="invoice", amount=150, when=OneOf("payment", {"invoice"}))
        ],
        delivery_methods=[
            DeliveryMethod(method_id="post", rate=Flat(495)),
            DeliveryMethod(method_id="courier", rate=Flat(995), when=OneOf("channel", {"web"})),
        ],
        guards=[
            PriceGuard(sku="ALBA-M", minimum=6500, cost=5200),
            PriceGuard(sku="SOFA", cost=41000),
        ],
        minimum_margin=Rate.percent(10),
        parity_groups=[
            ParityGroup(group_id="everywhere", channels=CHANNELS, level=ParityLevel.POINTS)
        ],
    )
    return attrs.evolve(shop, **changes)


def only_in(channel: str, *others: Predicate) -> Predicate:
    """Return a condition that only holds in a channel."""
    mine = OneOf("channel", {channel})
    return AllOf([mine, *others]) if others else mine


def one(effect: Any, *, priority: int = 500, **more: Any) -> PricingConfiguration:
    """Return the clean shop with a promotion more."""
    return clean(promotion("leak", priority, effect, **more))


def copies(first: Promotion, **changes: Any) -> PricingConfiguration:
    """Return the clean shop with a promotion in the app, and changed in the other channels."""
    mine = attrs.evolve(first, promotion_id="leak-app", when=only_in("app", first.when))
    others = attrs.evolve(
        first,
        promotion_id="leak-others",
        when=AllOf([Not(OneOf("channel", {"app"})), first.when]),
        **changes,
    )
    return clean(mine, others)


def facts(**more: Any) -> PricingConfiguration:
    """Return the clean shop with a channel that sees things in its own way."""
    return clean(channel_facts=[ChannelFacts(**more)])
