"""Configurations that contradict themselves, and their JSON form."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.predicates import AllOf, AtLeast, Not, OneOf
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing import (
    AmountOff,
    EarnPoints,
    ListRole,
    MatchBand,
    MatchCoupon,
    OfferList,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    PricingConfiguration,
    Promotion,
    Stacking,
    StackingGroup,
)
from tests.pricing.shop import configuration

TEN_OFF = PercentOff(Rate.percent(10))


def path_of(broken: PricingConfiguration) -> str:
    """Compile what cannot be, and return where it says it is wrong."""
    with pytest.raises(InvalidConfiguration) as caught:
        PriceBook.compile(broken)
    path: str = caught.value.path
    return path


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (PriceRow(price_list="nowhere", sku="tea", amount=1), "$.rows[4].price_list"),
        (PriceRow(price_list="shelf", sku="coffee", amount=1), "$.rows[4].sku"),
        (PriceRow(price_list="shelf", sku="tea", amount=1, window="x"), "$.rows[4].window"),
        (PriceRow(price_list="shelf", sku="tea", amount=1), "$.rows[4]"),
    ],
)
def test_rows_refer_to_what_is_there(row: PriceRow, path: str) -> None:
    """A row names a list, a product and a window that exist, and no price twice."""
    assert path_of(configuration(rows=(row,))) == path


@pytest.mark.parametrize(
    ("promotion", "path"),
    [
        (Promotion(promotion_id="b", effect=OfferList("card")), "effect.list_id"),
        (Promotion(promotion_id="b", effect=OfferList("shelf")), "effect.list_id"),
        (Promotion(promotion_id="b", effect=TEN_OFF, when=OneOf("weather", {"rain"})), "when"),
        (Promotion(promotion_id="b", effect=TEN_OFF, when=AtLeast("spent", 5)), "when"),
        (
            Promotion(
                promotion_id="b",
                effect=TEN_OFF,
                when=AllOf((OneOf("code", {"A"}), Not(AtLeast("code", 5)))),
            ),
            "when.of[1].of",
        ),
        (Promotion(promotion_id="b", effect=TEN_OFF, on=AtLeast("spend.base", 5)), "on"),
        (Promotion(promotion_id="manual:b", effect=TEN_OFF), "promotion_id"),
        (Promotion(promotion_id="b", effect=TEN_OFF, group="nobody"), "group"),
    ],
)
def test_promotions_ask_for_what_there_is(promotion: Promotion, path: str) -> None:
    """Unknown facts and lists are found when the book is compiled, not at the till."""
    first = Promotion(promotion_id="a", effect=AmountOff(1))
    assert path_of(configuration(first, promotion)) == f"$.promotions[1].{path}"


@pytest.mark.parametrize(
    "effect", [EarnPoints(5), MatchCoupon([MatchBand(up_to=100, raised_to=100)])]
)
def test_what_lowers_no_price_competes_with_nothing(effect: Any) -> None:
    """Points and added coupon worth would never win in a group, so they are refused in one."""
    promotion = Promotion(promotion_id="a", effect=effect, group="best")
    shop = attrs.evolve(configuration(promotion), stacking=Stacking(groups=[StackingGroup("best")]))
    assert path_of(shop) == "$.promotions[0].group"


def test_identities_are_unique() -> None:
    """Products, lists, windows and promotions are there once each."""
    twice = Promotion(promotion_id="a", effect=TEN_OFF)
    shop = configuration(twice, twice)
    assert path_of(shop) == "$.promotions[1].promotion_id"
    assert path_of(attrs.evolve(shop, lists=[*shop.lists] * 2)) == "$.lists[1].list_id"
    assert path_of(attrs.evolve(shop, products=[*shop.products] * 2)) == "$.products[4].sku"


def test_lists_depend_on_the_place_only() -> None:
    """A base price that a code could change would be a promotion."""
    coded = PriceList("coded", ListRole.BASE, OneOf("code", {"VIP"}))
    shop = configuration()
    assert path_of(attrs.evolve(shop, lists=[*shop.lists, coded])) == "$.lists[1].when"


def edited(*keys: str | int, value: Any) -> Any:
    """Return the JSON form of a shop with one value replaced."""
    promotion = Promotion(
        promotion_id="ten", effect=TEN_OFF, on=OneOf("category", {"clothes"}), limit_uses=5
    )
    data = json.loads(json.dumps(configuration(promotion).dump()))
    inner = data
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return data


@pytest.mark.parametrize(
    ("keys", "value", "path"),
    [
        (("promotions", 0, "effect", "rate"), "110%", "$.promotions[0].effect.rate"),
        (("promotions", 0, "effect", "type"), "present", "$.promotions[0].effect.type"),
        (("promotions", 0, "on", "values"), [], "$.promotions[0].on.values"),
        (("promotions", 0, "limit_uses"), 0, "$.promotions[0].limit_uses"),
        (("rows", 2, "per"), 0, "$.rows[2].per"),
        (("rows", 2, "amount"), 4.5, "$.rows[2].amount"),
        (("rows", 2, "amount"), -1, "$.rows[2].amount"),
        (("rows", 2, "amuont"), 1, "$.rows[2].amuont"),
        (("currency",), "EURO", "$.currency"),
        (("lists", 0, "role"), "sale", "$.lists[0].role"),
    ],
)
def test_malformed_json_names_its_path(
    keys: tuple[str | int, ...], value: object, path: str
) -> None:
    """An error in a file says where it is."""
    with pytest.raises(InvalidConfiguration) as caught:
        PricingConfiguration.load(edited(*keys, value=value))
    assert caught.value.path == path


def test_versions_name_content() -> None:
    """The same content has the same version in any order; other content has another."""
    ten = Promotion(promotion_id="ten", effect=TEN_OFF)
    five = Promotion(promotion_id="five", effect=AmountOff(500))
    version = PriceBook.compile(configuration(ten, five)).version
    assert PriceBook.compile(configuration(five, ten)).version == version
    assert PriceBook.compile(configuration(ten)).version != version
    dearer = attrs.evolve(five, effect=AmountOff(501))
    assert PriceBook.compile(configuration(ten, dearer)).version != version
