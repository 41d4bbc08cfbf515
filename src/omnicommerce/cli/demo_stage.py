"""The stage of the demo: the shop opened for one run, its people, and the checks of every claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import attrs

from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
from omnicommerce.cart.fold import CartLine, CartState
from omnicommerce.cart.service import Visitor
from omnicommerce.checkout.configuration import ShopConfiguration
from omnicommerce.cli.demo_shop import DRESS, SCARF, demo_shop
from omnicommerce.commerce import Commerce, ShopStores, Store
from omnicommerce.customers.model import Customer
from omnicommerce.kernel.clock import ManualClock
from omnicommerce.kernel.ids import ChannelId, LocationId, RandomIds, SequentialIds
from omnicommerce.ledger.audit import AuditReport
from omnicommerce.ledger.model import AccountKey, Standing
from omnicommerce.pricing.basket import Basket, BasketLine, Situation
from omnicommerce.pricing.decide import price
from omnicommerce.pricing.result import PricedBasket

__all__ = ["BrokenClaim", "Stage", "open_stage", "shop_of_run"]

T = TypeVar("T")

_ZONE: Final = ZoneInfo("Europe/Madrid")
_MONDAY: Final = datetime(2026, 11, 16, tzinfo=_ZONE)
_FRIDAY: Final = timedelta(days=-3)
_RUN_DIGITS: Final = 12
_WELCOME_POINTS: Final = 300


class BrokenClaim(Exception):
    """Something that the demo was about to tell is not so."""

    def __init__(self, claim: str, expected: object, found: object) -> None:
        super().__init__(f"{claim}: expected {expected!r}, found {found!r}")
        self.claim = claim
        self.expected = expected
        self.found = found


class RunIds:
    """Identities that are counted within a run and unlike those of any other run."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._counted = SequentialIds()

    def new(self, prefix: str) -> str:
        """Return the prefix, the run and the next number."""
        return self._counted.new(f"{prefix}_{self._run}")

    def code(self, digits: int = 6) -> str:
        """Return the next code; the same ones in every run, because they are told."""
        return self._counted.code(digits)


class CountingStore(Store):
    """A store that counts its units of work, so that "one transaction" can be checked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.runs: int = 0

    def run(self, work: Callable[[ShopStores], T]) -> T:
        """Run one unit of work, and count it."""
        self.runs += 1
        return self._store.run(work)

    def close(self) -> None:
        """Close the store."""
        self._store.close()


@attrs.frozen(kw_only=True)
class Stage:
    """One run's shop with all that moves it.

    Args:
        run: Marks the identities of this run, so that runs share a database undisturbed.
        commerce: The open shop.
        store: Its store, counting.
        clock: Stands at the story's instant.
        gateway: Where cards are charged.
        mailbox: Where messages arrive.
        books_before: What the auditor found before this run wrote anything.
        clara: Who buys.
        lucia: Who wants the same.
        claims: What has been checked so far.
    """

    run: str
    commerce: Commerce
    store: CountingStore
    clock: ManualClock
    gateway: InProcessGateway
    mailbox: Mailbox
    books_before: AuditReport
    clara: Customer
    lucia: Customer
    claims: list[str] = attrs.field(factory=list)

    def check(self, claim: str, expected: object, found: object) -> None:
        """Make sure that a claim holds before it is told.

        Raises:
            BrokenClaim: It does not.
        """
        if expected != found:
            raise BrokenClaim(claim, expected, found)
        self.claims.append(claim)

    def require(self, claim: str, found: T | None) -> T:
        """Return what must be there.

        Raises:
            BrokenClaim: It is not.
        """
        if found is None:
            raise BrokenClaim(claim, "something", found)
        self.claims.append(claim)
        return found

    def at(self, hour: int, minute: int) -> datetime:
        """Move the clock to a time of the Monday, and return it."""
        return self.clock.set(self.wall(hour, minute))

    def wall(self, hour: int, minute: int = 0, *, days: int = 0) -> datetime:
        """Return a wall-clock time in Madrid, on the Monday or some days later."""
        return _MONDAY.replace(hour=hour, minute=minute) + timedelta(days=days)

    def location(self, name: str) -> LocationId:
        """Return this run's location."""
        return LocationId(f"{self.run}-{name}")

    def promotion(self, name: str) -> str:
        """Return this run's promotion."""
        return f"{self.run}-{name}"

    def without_run(self, text: str) -> str:
        """Return an identity, or a text with identities, without the mark of the run."""
        return text.replace(f"{self.run}-", "").replace(f"_{self.run}", "")

    def standings(
        self, accounts: Iterable[AccountKey], *, at: datetime | None = None
    ) -> Mapping[AccountKey, Standing]:
        """Return how accounts of the ledger stand now, or at another instant."""
        wanted, instant = tuple(accounts), at or self.clock.now()
        return self.commerce.store.run(lambda s: s.ledger.standings(wanted, at=instant))

    def priced(
        self, cart: CartState, channel: str, customer: Customer | None = None
    ) -> PricedBasket:
        """Price a cart as a channel shows it, before anybody has chosen a store."""
        return self.priced_lines(cart.lines, cart.codes, channel, customer)

    def priced_lines(
        self,
        lines: Iterable[CartLine],
        codes: Iterable[str],
        channel: str,
        customer: Customer | None,
    ) -> PricedBasket:
        """Price some lines with some codes, as a channel shows them."""
        situation = Situation(
            channel=channel,
            at=self.clock.now(),
            customer_classes=customer.classes if customer else frozenset(),
            customer_id=customer.customer_id if customer else None,
            codes=frozenset(codes),
        )
        basket = Basket(BasketLine(line.line_id, line.sku, line.quantity) for line in lines)
        return price(self.commerce.shop.book, basket, situation)


@contextmanager
def open_stage(
    url: str, *, locale: str = "en", options: Mapping[str, Any] | None = None
) -> Iterator[Stage]:
    """Open the demo's shop for one run and furnish it: people, stock, points, an older cart.

    Args:
        url: The database; what earlier runs left there changes nothing.
        locale: The language in which the shop writes to its customers.
        options: Handed to the adapter.

    Raises:
        InvalidValue: No adapter knows the URL.
        StoreUnavailable: The database cannot be reached.
    """
    run = RandomIds().new("").lstrip("_")[:_RUN_DIGITS]
    clock, gateway, mailbox = ManualClock(_MONDAY + _FRIDAY), InProcessGateway(), Mailbox()
    with Commerce.open(
        url,
        shop_of_run(run),
        gateway=gateway,
        sender=mailbox,
        clock=clock,
        ids=RunIds(run),
        options=options,
    ) as commerce:
        commerce.store = store = CountingStore(commerce.store)
        stage = Stage(
            run=run,
            commerce=commerce,
            store=store,
            clock=clock,
            gateway=gateway,
            mailbox=mailbox,
            books_before=commerce.audit(),
            clara=_register(commerce, run, "Clara", locale, "member"),
            lucia=_register(commerce, run, "Lucía", locale),
        )
        _furnish(stage)
        yield stage


def shop_of_run(run: str) -> ShopConfiguration:
    """Return the demo's configuration with locations and promotions of one run's own."""
    shop = demo_shop()
    promotions = tuple(
        attrs.evolve(each, promotion_id=f"{run}-{each.promotion_id}")
        for each in shop.pricing.promotions
    )
    return attrs.evolve(
        shop,
        locations=tuple(_of_run(each, run) for each in shop.locations),
        pickup_points=tuple(_of_run(each, run) for each in shop.pickup_points),
        pricing=attrs.evolve(shop.pricing, promotions=promotions),
    )


def _of_run(place: Any, run: str) -> Any:
    return attrs.evolve(place, location_id=LocationId(f"{run}-{place.location_id}"))


def _register(commerce: Commerce, run: str, name: str, locale: str, *classes: str) -> Customer:
    address = f"{name.replace('í', 'i').lower()}.{run}@example.com"
    return commerce.customers.register(name, address, locale=locale, classes=classes)


def _furnish(stage: Stage) -> None:
    """Fill the shelves, and remember what Clara did on the Friday before."""
    commerce, clara = stage.commerce, stage.clara.customer_id
    shelves = {
        "madrid-gran-via": {DRESS: 1, SCARF: 1},
        "madrid-serrano": {DRESS: 1, SCARF: 4},
        "sevilla-sierpes": {DRESS: 2, SCARF: 2},
    }
    for name, shelf in shelves.items():
        for sku, units in shelf.items():
            key = commerce.ids.new("receipt")
            commerce.inventory.receive(sku, stage.location(name), units, key=key)
    serrano = stage.location("madrid-serrano")
    commerce.inventory.keep_back(DRESS, serrano, 1, key=commerce.ids.new("window"))
    commerce.loyalty.grant(clara, _WELCOME_POINTS, reason="welcome", key=f"welcome:{clara}")
    kiosk = Visitor(clara, "kiosk")
    older = commerce.carts.start(kiosk, ChannelId("store"))
    for sku in (DRESS, SCARF):
        commerce.carts.add(older.cart_id, sku, by=kiosk)
