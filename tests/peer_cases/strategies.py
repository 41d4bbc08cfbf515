"""Any case of the format: every condition, reward and rate, in all combinations."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.peer_cases.reading import Case

__all__ = ["cases"]

_Parts = st.SearchStrategy[dict[str, Any]]

_CATEGORIES = ["x", "y", "z"]
_PRODUCTS = ["p", "q", "r"]
_METHODS = ["post", "van"]
_MATCHES = ["any", "all", "none", "only"]


def _money(least: int = 0, most: int = 5000) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda minor: f"{minor // 100}.{minor % 100:02d}")


def _some(values: list[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=2, unique=True)


def _fixed(kind: str, **fields: st.SearchStrategy[Any]) -> _Parts:
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


_few = st.integers(1, 4)
_at_most = st.none() | st.integers(1, 3)
_yes = st.booleans()
_percent = st.sampled_from(["0", "10", "33.3", "100", "120"])

_keys: _Parts = st.fixed_dictionaries(
    {},
    optional={
        "products": _some(_PRODUCTS, 1),
        "skus": _some(_PRODUCTS, 1),
        "categories": _some(_CATEGORIES, 1),
        "attributes": st.sampled_from([{"color": "red"}, {"color": ["red", "blue"]}]),
    },
)
_filters: _Parts = st.builds(
    lambda keys, left_out: keys | ({"exclude": left_out} if left_out else {}), _keys, _keys
)
_of_shipping: _Parts = st.fixed_dictionaries({}, optional={"methods": _some(_METHODS, 1)})


def _compared(kind: str, **more: _Parts) -> _Parts:
    return st.fixed_dictionaries(
        {
            "type": st.just(kind),
            "amount": _money(),
            "operator": st.sampled_from(["gte", "gt", "lte", "lt", "eq"]),
        },
        optional={
            "basis": st.sampled_from(["undiscounted", "discounted"]),
            "with_tax": _yes,
            "currency": st.sampled_from(["USD", "EUR"]),
            **more,
        },
    )


_conditions: _Parts = st.one_of(
    _compared("min_subtotal", filter=_filters),
    _compared("min_total"),
    _fixed("min_quantity", quantity=_few, filter=_filters),
    _fixed("min_line_quantity", quantity=_few, filter=_filters),
    _fixed("distinct_products", count=_few, filter=_filters),
    _fixed("contains", products=_some(_PRODUCTS), match=st.sampled_from(_MATCHES)),
    _fixed("category", categories=_some(_CATEGORIES), match=st.sampled_from(_MATCHES)),
    _fixed("customer_group", groups=_some(["g", "h"]), match=st.sampled_from(["any", "all"])),
    st.sampled_from([{"type": kind} for kind in ("logged_in", "staff", "first_order")]),
    _fixed("nth_order", n=_few),
    _fixed("days_since_last_order", min_days=st.integers(0, 400)),
    _fixed("shipping_method", methods=_some(_METHODS)),
    _fixed("country", countries=_some(["PL", "ES"])),
)

_allocations = st.sampled_from(["each", "per_line", "across", "once"])


def _tiers(values: st.SearchStrategy[str], basis: list[str]) -> dict[str, Any]:
    tiers = st.lists(
        st.fixed_dictionaries({"from": st.integers(1, 60).map(str), "value": values}),
        min_size=1,
        max_size=3,
        unique_by=lambda tier: tier["from"],
    )
    return {"base": st.sampled_from(["0", "5"]), "tiers": tiers, "basis": st.sampled_from(basis)}


_BASES = ["subtotal", "line_amount", "shipping_price", "matching_quantity"]
_by_percent = _tiers(st.sampled_from(["10", "50", "100"]), _BASES)
_by_amount = _tiers(_money(1, 2000), _BASES)
_common: list[_Parts] = [
    _fixed("percent", value=_percent),
    _fixed("fixed_amount", value=_money(), allocation=_allocations),
    _fixed("fixed_price", value=_money()),
    _fixed("tiered_percent", **_by_percent),
    _fixed(
        "tiered_amount", allocation=_allocations.filter(lambda way: way != "once"), **_by_amount
    ),
]
_of_line: _Parts = st.one_of(
    *_common,
    _fixed("percent", value=_percent, max_units=_at_most, max_quantity=_at_most),
    _fixed("bundle_price", value=_money(), bundle_quantity=_few, max_applications=_at_most),
    _fixed(
        "buy_x_get_y",
        buy=st.fixed_dictionaries({"quantity": _few, "filter": _filters}),
        get=st.fixed_dictionaries(
            {"quantity": _few, "filter": _filters, "percent": _percent, "partial": _yes}
        ),
        max_applications=_at_most,
    ),
    _fixed("cheapest_free", max_applications=_at_most),
    _fixed(
        "quantity_group", value=_money(1), group_size=_few, group_reward=st.just("fixed_amount")
    ),
    _fixed("quantity_group", value=_percent, group_size=_few, group_reward=st.just("percent")),
    _fixed(
        "quantity_group", group_size=_few, group_reward=st.just("tiered_percent"), **_by_percent
    ),
    _fixed("first_then_additional", first=_money(), additional=_money(), max_items=_at_most),
)
_gifts = st.fixed_dictionaries(
    {
        "sku": st.just("g"),
        "qty": _few,
        "unit_price": _money(),
        "percent": st.sampled_from(["50", "100"]),
    }
)
_of_order: _Parts = st.one_of(
    *(
        st.tuples(reward, st.sampled_from(["items", "items_and_shipping"])).map(
            lambda both: both[0] | {"scope": both[1]}
        )
        for reward in _common
    ),
    _fixed("gift", gift=_gifts),
)
_of_delivery: _Parts = st.one_of(
    *_common,
    _fixed("free_shipping"),
    _fixed("shipping_percent", value=_percent),
    _fixed("shipping_fixed_price", value=_money()),
)


def _rewards(target: str, rewards: _Parts, filters: _Parts) -> _Parts:
    more = st.fixed_dictionaries(
        {"target": st.just(target), "filter": filters},
        optional={"cap": _money(), "currency": st.sampled_from(["USD", "EUR"])},
    )
    return st.builds(lambda reward, rest: reward | rest, rewards, more)


_promotions: _Parts = st.fixed_dictionaries(
    {
        "id": st.text("abc", min_size=1, max_size=3),
        "code": st.sampled_from([None, None, "SAVE", "more"]),
        "priority": st.integers(0, 3),
        "exclusive": _yes,
        "combinable": st.sampled_from([True, True, False]),
        "usage_limit": st.sampled_from([None, None, 0, 2]),
        "used": st.integers(0, 2),
        "per_customer_limit": st.sampled_from([None, None, 1]),
        "budget": st.none()
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(["usage", "spend"]),
                "limit": st.just("3.00"),
                "used": st.sampled_from(["0.00", "1.00", "3.00"]),
            }
        ),
        "conditions": st.lists(_conditions, max_size=2),
        "reward": st.one_of(
            _rewards("line", _of_line, _filters),
            _rewards("order", _of_order, _filters),
            _rewards("shipping", _of_delivery, _of_shipping),
        ),
    },
    optional={
        "starts_at": st.just("2024-01-01T00:00:00Z"),
        "ends_at": st.just("2024-02-01T00:00:00Z"),
        "active": _yes,
    },
)

_prices: _Parts = st.one_of(
    st.fixed_dictionaries({"unit_price": _money() | st.just("10.333")}),
    st.fixed_dictionaries({"unit_price": st.none(), "line_total": _money()}),
    st.fixed_dictionaries(
        {
            "unit_price": st.none(),
            "price_tiers": st.tuples(_money(), _money()).map(
                lambda two: [
                    {"min_quantity": 1, "price": two[0]},
                    {"min_quantity": 3, "max_quantity": 5, "price": two[1]},
                ]
            ),
        }
    ),
)
_classes = st.sampled_from(["standard", "low", "none"])
_lines: _Parts = st.builds(
    lambda line, price: line | price,
    st.fixed_dictionaries(
        {
            "id": st.text("abc", min_size=1, max_size=3),
            "sku": st.sampled_from(_PRODUCTS),
            "product": st.sampled_from(_PRODUCTS),
            "categories": _some(_CATEGORIES),
            "attributes": st.sampled_from([{}, {"color": "red"}]),
            "qty": st.integers(0, 6),
            "tax_class": _classes,
        },
        optional={
            "discountable": _yes,
            "tax_inclusive": _yes,
            "weight": st.sampled_from(["0.5", "1", "0.333"]),
            "requires_shipping": _yes,
        },
    ),
    _prices,
)
_rates: _Parts = st.one_of(
    _fixed("flat", amount=_money()),
    _fixed("per_unit", amount=_money()),
    _fixed(
        "first_then_additional",
        first=_money(),
        additional=_money(),
        restart_every=st.integers(0, 3),
    ),
    _fixed("threshold", **{"below": _money(), "from": _money(), "at_or_above": _money()}),
    _fixed("percent_of_items", percent=st.sampled_from(["0", "12.5", "100"])),
    _fixed("base_plus_per_unit", base=_money(), per_unit=_money()),
    _fixed(
        "weight_bands",
        bands=st.just([{"up_to": "1.5", "price": "2.00"}, {"up_to": "4", "price": "6.00"}]),
    ),
)
_entries: _Parts = st.fixed_dictionaries(
    {
        "id": st.text("abc", min_size=1, max_size=3),
        "method": st.sampled_from(_METHODS),
        "price": _money(),
    },
    optional={"tax_class": _classes, "tax_inclusive": _yes, "rate": _rates},
)
_surcharges: _Parts = st.one_of(
    st.fixed_dictionaries({"id": st.just("one"), "price": st.sampled_from(["2.40", "-2.40"])}),
    st.fixed_dictionaries(
        {
            "id": st.just("two"),
            "percent": _percent,
            "base": st.sampled_from(["items", "items_and_shipping"]),
        },
        optional={"tax_class": _classes, "tax_inclusive": _yes},
    ),
)
_customers: _Parts = st.fixed_dictionaries(
    {"groups": _some(["g", "h"]), "first_order": _yes},
    optional={
        "logged_in": _yes,
        "staff": _yes,
        "country": st.sampled_from(["PL", "ES"]),
        "completed_orders": st.integers(0, 2),
        "cancelled_orders": st.integers(0, 1),
        "days_since_last_order": st.integers(0, 400),
        "uses": st.just({"a": 1}),
    },
)


def _named(parts: _Parts, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(parts, max_size=most, unique_by=lambda part: str(part["id"]))


_data: _Parts = st.fixed_dictionaries(
    {
        "id": st.just("any-001"),
        "currency": st.sampled_from(["USD", "JPY"]),
        "tax": st.fixed_dictionaries(
            {
                "mode": st.sampled_from(["none", "exclusive", "inclusive", "mixed"]),
                "rates": st.just({"standard": "0.2", "low": ["0.04", "0.045"]}),
            }
        ),
        "lines": _named(_lines, 4),
        "shipping": _named(_entries, 2),
        "customer": _customers,
        "codes": _some(["save", "MORE", "else"]),
        "promotions": _named(_promotions, 4),
        "expect": st.just({}),
        "semantics": st.just(""),
        "universal": st.just(value=True),
    },
    optional={
        "at": st.just("2024-01-15T00:00:00Z"),
        "stacking": st.sampled_from(["compound", "best_only", "additive"]),
        "options": st.fixed_dictionaries(
            {}, optional={"automatic_promotions": _yes, "case_sensitive_codes": _yes}
        ),
        "category_tree": st.just({"x": "z"}),
        "surcharges": _named(_surcharges, 2),
        "gift_cards": st.just([{"id": "card", "balance": "10.00"}]),
    },
)

cases: st.SearchStrategy[Case] = _data.map(Case)
"""Cases that expect nothing, so that they pass if they can be priced at all."""
