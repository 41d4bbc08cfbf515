"""The example shop: every row of the table of features is in use there, and it passes its check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import attrs
import pytest

from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.kernel.predicates import (
    AllOf,
    AtLeast,
    During,
    Not,
    OneOf,
    Opaque,
)
from omnicommerce.pricing import (
    Competition,
    Effect,
    ListRole,
    PriceBook,
    PricingConfiguration,
    Status,
    Winner,
    explain,
    parity,
    price,
)
from omnicommerce.pricing.audit.audit import audit
from omnicommerce.pricing.audit.lints import lint
from omnicommerce.pricing.audit.model import Severity, Verdict
from omnicommerce.pricing.facts import is_history, is_number, is_text
from tests.pricing.example_rows import ROWS, Use
from tests.test_features_page import EVERY_ROW

USE = Use()
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TOTALS = {
    "1-saturday-groceries": "132.81 EUR",
    "2-wedding": "614.85 EUR",
    "3-office": "543.18 EUR",
    "4-new-york": "210.80 USD",
    "5-at-the-till": "250.31 EUR",
}
SCOPES = ("spend", "delivery", "total", "matching", "items")
TEXTS = {
    *("channel", "location", "zone", "country", "currency", "role", "customer_class"),
    *("customer", "company", "code", "payment", "delivery"),
}
NUMBERS = {f"{scope}.{amount}" for scope in SCOPES for amount in ("base", "left")} | {
    f"{scope}.{count}" for scope in ("matching", "items") for count in ("units", "products", "most")
}
HISTORY = {"history.orders", "history.cancelled", "history.days_since_last_order"}


def test_every_row_has_its_question() -> None:
    """No row of the table is forgotten here."""
    assert list(ROWS) == EVERY_ROW


@pytest.mark.parametrize("row", ROWS)
def test_the_row_is_in_use(row: str) -> None:
    """The shop, or one of its baskets, uses what the row is about."""
    assert ROWS[row](USE)


def test_every_effect_is_there() -> None:
    """Each class of effects, the opaque one as a draft."""
    used = {type(promotion.effect) for promotion in USE.configuration.promotions}
    assert used == set(get_args(Effect))


def test_every_fact_of_conditions_is_asked_for() -> None:
    """Each text, each number, with tax and without, the customer's history, time and code."""
    facts = USE.facts()
    assert all(is_text(fact) or is_number(fact) for fact in facts)
    plain = {fact.removesuffix(".gross").removesuffix(".net") for fact in facts}
    assert plain >= TEXTS | NUMBERS | HISTORY
    assert any(is_history(fact) and fact not in HISTORY for fact in facts)
    assert any(fact.startswith("attribute.") for fact in facts)
    assert {fact.rpartition(".")[2] for fact in facts} >= {"gross", "net"}
    kinds = {type(atom) for atom in USE.atoms()}
    assert kinds == {OneOf, AtLeast, During, Opaque}
    assert any(isinstance(when, AllOf) and when.of for when in USE.conditions())
    assert any(isinstance(part, Not) for when in USE.conditions() for part in _parts(when))


def _parts(when: object) -> tuple[object, ...]:
    return when.of if isinstance(when, AllOf) else (when,)


def test_every_way_of_stacking_is_there() -> None:
    """Groups of both winners, exclusions over products and baskets, alternatives, exclusivity."""
    stacking = USE.configuration.stacking
    assert {group.winner for group in stacking.groups} == set(Winner)
    assert {group.over for group in stacking.groups} == set(Competition)
    assert {item.over for item in stacking.exclusions} == set(Competition)
    assert any(item.family == item.other for item in stacking.exclusions)
    assert len(stacking.alternatives) > 1
    assert any(promotion.exclusive for promotion in USE.active)


def test_every_promotion_gives_in_some_currency() -> None:
    """In each currency there is a book, with the promotions that mean something there."""
    names = {
        code: {rule.promotion_id for rule in USE.book.in_currency(code).rules}
        for code in ("EUR", "USD", "JPY", "KWD")
    }
    assert names["EUR"] == {promotion.promotion_id for promotion in USE.active}
    assert names["USD"] > names["JPY"] == names["KWD"] > {"welcome"}


@pytest.mark.parametrize("name", TOTALS)
def test_what_the_baskets_cost(name: str) -> None:
    """The figures that the docs show."""
    assert str(USE.priced[name].total_amount) == TOTALS[name]


@pytest.mark.parametrize("name", TOTALS)
def test_the_baskets_cost_the_same_at_a_distance(name: str) -> None:
    """Web and telephone are bound to the same payable amount."""
    basket, situation = USE.baskets[name]
    assert parity(USE.book, basket, situation, ["web", "phone"]).is_equal


def test_bread_is_cheaper_in_the_evening_store_only() -> None:
    """The exception that is declared for it is really needed."""
    basket, situation = USE.baskets["5-at-the-till"]
    report = parity(USE.book, basket, situation, ["web", "store"])
    assert {d.line_id for d in report.differences if d.line_id} == {"6"}
    assert min(difference.delta.minor for difference in report.differences) == -60


def test_drafts_do_not_count() -> None:
    """What is a draft or archived gives nothing."""
    quiet = {p.promotion_id for p in USE.configuration.promotions if p.status is not Status.ACTIVE}
    assert quiet == {"rain", "round-down", "summer-hats"}
    assert quiet.isdisjoint(use for priced in USE.priced.values() for use in priced.uses)


def test_the_json_form_is_complete() -> None:
    """The shop is the same after a round through JSON."""
    again = PricingConfiguration.load(USE.configuration.dump())
    assert again == USE.configuration
    assert PriceBook.compile(again).version == USE.book.version


def test_offers_and_prices_are_both_there() -> None:
    """Lists of both roles."""
    assert {item.role for item in USE.configuration.lists} == set(ListRole)


def test_there_is_nothing_to_mend() -> None:
    """The lints find no error and no warning."""
    found = lint(USE.configuration, at=NOW)
    assert [item for item in found if item.severity is not Severity.NOTE] == []


@pytest.mark.parametrize(
    "cases", [pytest.param(1, id="few"), pytest.param(20_000, marks=pytest.mark.slow, id="many")]
)
def test_the_channels_are_as_equal_as_declared(cases: int) -> None:
    """One group is proved, nothing speaks against the other, and both exceptions are needed."""
    report = audit(USE.configuration, at=NOW, cases=cases)
    assert [item.verdict for item in report.groups] == [Verdict.NOT_REFUTED, Verdict.PROVED]
    assert report.findings == ()


def test_the_app_may_be_cheaper_for_hats_within_its_bound() -> None:
    """What the app gives stays within the exception that was declared."""
    basket, situation = USE.baskets["2-wedding"]
    web, app = (
        price(USE.book, basket, attrs.evolve(situation, channel=channel))
        for channel in ("web", "app")
    )
    assert 0 < web.selling_minor - app.selling_minor <= web.selling_minor // 10


def _with_methods(*methods: str) -> PricingConfiguration:
    return PricingConfiguration.load(
        {
            "currency": "EUR",
            "products": [{"sku": "TEA"}],
            "lists": [{"list_id": "shelf"}],
            "rows": [{"price_list": "shelf", "sku": "TEA", "amount": 450}],
            "delivery_methods": [
                {
                    "method_id": name,
                    "rate": {"type": "flat", "amount": 495},
                    "when": {"type": "one_of", "fact": "channel", "values": ["web"]},
                }
                for name in methods
            ],
            "parity_groups": [{"group_id": "all", "channels": ["web", "app"]}],
        }
    )


def test_which_deliveries_a_channel_offers_is_outside_parity() -> None:
    """A method for the web only takes no proof away: delivery prices are no prices of goods."""
    (group,) = audit(_with_methods("post"), at=NOW).groups
    assert group.verdict is Verdict.PROVED


def test_delivery_methods_have_names_of_their_own() -> None:
    """Two of one name are refused, with the path of the second."""
    with pytest.raises(InvalidConfiguration) as caught:
        PriceBook.compile(_with_methods("post", "post"))
    assert caught.value.path == "$.delivery_methods[1].method_id"


def test_the_trace_says_what_was_given_besides_money() -> None:
    """Points are no euros, and a gift is no reduction: each has a sentence of its own."""
    basket, situation = USE.baskets["2-wedding"]
    codes = {step.subject: step.reason.code for step in explain(USE.book, basket, situation)}
    assert codes["points"] == "promotion.earned"
    assert codes["gift-bag"] == "promotion.gave"
    assert codes["dresses"] == "promotion.applied"
    basket, situation = USE.baskets["1-saturday-groceries"]
    codes = {step.subject: step.reason.code for step in explain(USE.book, basket, situation)}
    assert codes["double-coupons"] == "promotion.matched"
