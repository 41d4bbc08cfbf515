"""django-oscar on the reference baskets: as shipped, and with its queries taken away.

Every offer may stack (``exclusive=False``). One recalculation is what a request does:
the lines with fresh discounts, `Applicator().apply`, the basket's total.

*As shipped*: on SQLite in memory, tables made from the models. *Without SQL*: the same code
on the same rows, with everything it would ask for at hand, so that it issues no query at
all, which is checked:

- ranges answer through oscar's own hook, ``Range.proxy``, from a set of product ids;
- offers, lines, products, stock records and the (empty) combinations are loaded beforehand;
- conditions and benefits are turned into their proxy classes once, not at each use.

Install it with ``pip install 'omnicommerce[peers]'``.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any, Final

__all__ = ["Shop", "missing", "set_up"]

INSTALL: Final = "pip install 'omnicommerce[peers]'"


def missing() -> str | None:
    """Say what has to be installed before django-oscar can run; None: nothing."""
    try:
        importlib.metadata.version("django-oscar")
    except importlib.metadata.PackageNotFoundError:
        return f"django-oscar is not measured: needs `{INSTALL}`"
    return None


def set_up() -> None:
    """Configure Django for this process, and make the tables in memory; once."""
    settings = importlib.import_module("django.conf").settings
    if settings.configured:
        return
    defaults = importlib.import_module("oscar.defaults")
    settings.configure(
        **{name: value for name, value in vars(defaults).items() if name.startswith("OSCAR_")},
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HAYSTACK_CONNECTIONS={
            "default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
        },
        INSTALLED_APPS=importlib.import_module("oscar").INSTALLED_APPS,
        MIGRATION_MODULES=_NoMigrations(),
        SECRET_KEY="of a benchmark",  # noqa: S106 - guards nothing
        SITE_ID=1,
        USE_TZ=True,
    )
    importlib.import_module("django").setup()
    _command("migrate", run_syncdb=True)


class _NoMigrations(dict[str, None]):
    """Tell Django to make tables from the models, which takes a second instead of a minute."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> None:
        return None


def _command(name: str, **options: Any) -> None:
    importlib.import_module("django.core.management").call_command(name, verbosity=0, **options)


def _model(app: str, name: str) -> Any:
    return importlib.import_module("oscar.core.loading").get_model(app, name)


def _class(module: str, name: str) -> Any:
    return importlib.import_module("oscar.core.loading").get_class(module, name)


def _money(minor: int) -> Decimal:
    return Decimal(minor) / 100


class _Members:
    """Stands for a range's proxy class: a range answered from a set; None: all products."""

    def __init__(self, ids: Collection[int] | None) -> None:
        self._ids = ids

    def contains_product(self, product: Any) -> bool:
        """Tell whether the product is in the range."""
        return self._ids is None or product.id in self._ids


class Shop:
    """One basket with its offers in django-oscar's database."""

    def __init__(self, record: dict[str, Any]) -> None:
        _command("flush", interactive=False)  # of the basket before
        self._basket = _model("basket", "Basket").objects.create()
        self._categories: dict[str, Any] = {}
        self._products: dict[str, Any] = {}
        self._fill(record["lines"])
        for place, promotion in enumerate(record["promotions"]):
            self._offer(promotion, priority=len(record["promotions"]) - place)
        self._apply = _class("offer.applicator", "Applicator")().apply

    def as_shipped(self) -> Any:
        """Recalculate as a request does; return the basket."""
        basket = _model("basket", "Basket").objects.get(pk=self._basket.pk)
        basket.strategy = _class("partner.strategy", "Default")()
        self._apply(basket)
        _ = basket.total_incl_tax
        return basket

    def without_queries(self) -> Callable[[], Any]:
        """Return the recalculation with everything at hand, which issues no query."""
        basket = _model("basket", "Basket").objects.get(pk=self._basket.pk)
        basket.strategy = _class("partner.strategy", "Default")()
        lines = self._lines_at_hand(basket)
        offers = self._offers_at_hand()
        applicator = _class("offer.applicator", "Applicator")()
        applicator.get_offers = lambda *_: offers
        no_applications = _class("offer.results", "OfferApplications")

        def recalculate() -> Any:
            basket.offer_applications = no_applications()
            for line in lines:
                line.clear_discount()
            applicator.apply(basket)
            _ = basket.total_incl_tax
            return basket

        return recalculate

    @staticmethod
    def queries(recalculate: Callable[[], Any]) -> int:
        """Count the queries of one recalculation."""
        connection = importlib.import_module("django.db").connection
        counted = 0

        def count(execute: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal counted
            counted += 1
            return execute(*arguments)

        with connection.execute_wrapper(count):
            recalculate()
        return counted

    @staticmethod
    def outcome(basket: Any) -> dict[str, Any]:
        """Return what a recalculation gave: the total in minor units, how many adjustments."""
        adjustments = sum(len(line.discounts.all()) for line in basket.all_lines())
        return {"total": float(basket.total_incl_tax * 100), "adjustments": adjustments}

    def _fill(self, lines: Iterable[dict[str, Any]]) -> None:
        kind = _model("catalogue", "ProductClass").objects.create(name="goods", track_stock=False)
        partner, _ = _model("partner", "Partner").objects.get_or_create(code="shop", name="shop")
        self._basket.strategy = _class("partner.strategy", "Default")()
        for line in lines:
            product = self._products[line["sku"]] = _model("catalogue", "Product").objects.create(
                title=line["sku"], upc=line["sku"], product_class=kind
            )
            product.categories.add(self._category(line["category"]))
            _model("partner", "StockRecord").objects.create(
                product=product,
                partner=partner,
                partner_sku=line["sku"],
                price_currency="EUR",
                price=_money(line["price"]),
                num_in_stock=10_000,
            )
            self._basket.add_product(product, quantity=line["quantity"])

    def _category(self, name: str) -> Any:
        if name not in self._categories:
            category = _model("catalogue", "Category").add_root(name=name)
            self._categories[name] = category
        return self._categories[name]

    def _offer(self, promotion: dict[str, Any], *, priority: int) -> None:
        condition, benefit = self._condition(promotion), self._benefit(promotion)
        products = self._range(promotion)
        per_order = {"max_basket_applications": 1} if promotion["kind"] == "order" else {}
        _model("offer", "ConditionalOffer").objects.create(
            name=promotion["name"],
            exclusive=False,
            priority=priority,
            condition=_model("offer", "Condition").objects.create(range=products, **condition),
            benefit=_model("offer", "Benefit").objects.create(range=products, **benefit),
            **per_order,
        )

    @staticmethod
    def _condition(promotion: dict[str, Any]) -> dict[str, Any]:
        match promotion["kind"]:
            case "percent":
                return {"type": "Count", "value": 1}
            case "buy_get":
                return {"type": "Count", "value": 3}
            case _:
                return {"type": "Value", "value": _money(promotion["least"])}

    @staticmethod
    def _benefit(promotion: dict[str, Any]) -> dict[str, Any]:
        match promotion["kind"]:
            case "percent":
                return {"type": "Percentage", "value": promotion["percent"]}
            case "buy_get":
                return {"type": "Multibuy"}
            case _:
                return {"type": "Absolute", "value": _money(promotion["amount"])}

    def _range(self, promotion: dict[str, Any]) -> Any:
        products = _model("offer", "Range").objects.create(
            name=promotion["name"], includes_all_products=promotion["kind"] == "order"
        )
        if promotion["kind"] == "percent":
            products.included_categories.add(self._category(promotion["key"]))
        elif promotion["key"] in self._products:
            products.add_product(self._products[promotion["key"]])
        return products

    def _lines_at_hand(self, basket: Any) -> Any:
        lines = (
            basket.lines.select_related("product__product_class", "stockrecord")
            .prefetch_related("attributes", "product__stockrecords")
            .order_by("pk")
        )
        for line in lines:
            line.basket = basket
        basket._lines = lines  # noqa: SLF001 - where it keeps them itself
        return lines

    def _offers_at_hand(self) -> list[Any]:
        offers = list(
            _class("offer.applicator", "Applicator")()
            .get_site_offers()
            .prefetch_related("combinations", "in_combination")
            .order_by("-priority")
        )
        for offer in offers:
            members = _Members(self._ids(offer.condition.range))
            offer.condition, offer.benefit = offer.condition.proxy(), offer.benefit.proxy()
            for half in (offer.condition, offer.benefit):
                half.range.proxy = members
        return offers

    def _ids(self, products: Any) -> frozenset[int] | None:
        if products.includes_all_products:
            return None
        return frozenset(products.all_products().values_list("id", flat=True))
