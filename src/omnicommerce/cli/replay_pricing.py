"""Receipts through pricing: what the engine says, beside what was published and what was paid."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from omnicommerce.cli.console import Watch
from omnicommerce.cli.receipts_book import (
    BookName,
    Expected,
    Receipt,
    Totals,
    read_configuration,
    read_expected,
    read_receipts,
)
from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.pricing import (
    NotPriced,
    PriceBook,
    PricedBasket,
    PricingConfiguration,
    price,
)

__all__ = ["Comparison", "Material", "PricingReplay", "points_of", "read_material", "replay_prices"]

_FILES: Final = ("baskets", "expected_baskets", "lines", "products", "stores")
_TOGETHER: Final = 250
_CENTS_PER_POINT: Final = 100


@attrs.frozen(kw_only=True)
class Material:
    """Everything a replay reads from its directory."""

    directory: Path
    book_name: BookName
    configuration: PricingConfiguration
    receipts: tuple[Receipt, ...]
    expected: Mapping[str, Expected]

    @property
    def households(self) -> tuple[str, ...]:
        """The households of the receipts, in the order of sampling."""
        return _sampled(receipt.household_id for receipt in self.receipts)


@attrs.frozen(kw_only=True)
class Comparison:
    """One basket: what the engine says, what the rules say by this book, what the receipt says.

    ``found`` and ``reference`` are None where the book does not price the whole basket.
    """

    receipt: Receipt
    found: Totals | None
    reference: Totals | None
    paid: Totals

    @property
    def equals_reference(self) -> bool:
        """Tell whether it was priced, and to what the rules say."""
        return self.found is not None and self.found == self.reference

    @property
    def equals_receipt(self) -> bool:
        """Tell whether it was priced, and to what was paid: shelf, card and match."""
        return self.found is not None and self.found == self.paid

    @property
    def differs(self) -> bool:
        """Tell whether engine and rules disagree, on the price or on whether there is one."""
        return self.found != self.reference


@attrs.frozen(kw_only=True)
class PricingReplay:
    """What came of pricing every basket; times are of pricing alone, in seconds."""

    comparisons: tuple[Comparison, ...]
    cpu_seconds: float
    wall_seconds: float

    @property
    def priced(self) -> int:
        """How many baskets the book prices."""
        return sum(each.found is not None for each in self.comparisons)

    @property
    def equal_reference(self) -> int:
        """How many are priced as the published rules price them."""
        return sum(each.equals_reference for each in self.comparisons)

    @property
    def equal_receipt(self) -> int:
        """How many are priced as on the receipt."""
        return sum(each.equals_receipt for each in self.comparisons)

    @property
    def differing(self) -> int:
        """How many are not what the published rules say."""
        return sum(each.differs for each in self.comparisons)

    @property
    def points(self) -> int:
        """Points by what the receipts say was paid."""
        return sum(points_of(each.paid.paid) for each in self.comparisons)

    @property
    def points_model(self) -> int:
        """Points by what the engine says was due."""
        found = (each.found for each in self.comparisons)
        return sum(points_of(totals.paid) for totals in found if totals is not None)

    def first_differences(self, limit: int) -> tuple[Comparison, ...]:
        """Return the first baskets that differ: from the rules, then from the receipt."""
        wrong = (each for each in self.comparisons if each.differs)
        else_paid = (
            each
            for each in self.comparisons
            if not each.differs and each.found is not None and not each.equals_receipt
        )
        return tuple(itertools.islice(itertools.chain(wrong, else_paid), limit))


def points_of(paid: int) -> int:
    """Return one point per whole dollar paid in cents, never below none.

    Example:
        >>> points_of(1999), points_of(-500)
        (19, 0)
    """
    return max(0, paid) // _CENTS_PER_POINT


def read_material(
    directory: Path, book_name: BookName, *, households: int | None, watch: Watch[Any]
) -> Material:
    """Read prices, receipts and expected totals.

    Args:
        directory: Where the files are.
        book_name: Which price book.
        households: How many households to keep, in the order in which they were
            sampled: by the SHA-256 of their id. None: all.
        watch: Shows how far it is.

    Raises:
        InvalidValue: The directory or one of its files is missing.
        MalformedRow: A row breaks the format; file, line and column are named.
    """
    _require_files(directory, book_name)
    reads: tuple[Callable[[], Any], ...] = (
        lambda: read_configuration(directory, book_name),
        lambda: tuple(read_receipts(directory)),
        lambda: read_expected(directory),
    )
    configuration, receipts, expected = [
        read() for read in watch(reads, "Reading the files", len(reads))
    ]
    for receipt in receipts:
        if receipt.basket_id not in expected:
            problem = f"expected_baskets.csv.gz has no basket {receipt.basket_id}"
            raise InvalidValue("directory", problem)
    if households is not None:
        kept = set(_sampled(receipt.household_id for receipt in receipts)[:households])
        receipts = tuple(receipt for receipt in receipts if receipt.household_id in kept)
    return Material(
        directory=directory,
        book_name=book_name,
        configuration=configuration,
        receipts=receipts,
        expected=expected,
    )


def _require_files(directory: Path, book_name: BookName) -> None:
    if not directory.is_dir():
        raise InvalidValue("directory", f"there is no directory {str(directory)!r}")
    names = [f"{name}.csv.gz" for name in sorted((*_FILES, f"pricebook_{book_name}"))]
    missing = [name for name in names if not (directory / name).is_file()]
    if missing:
        raise InvalidValue("directory", f"{str(directory)!r} has no {', '.join(missing)}")


def _sampled(households: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(households), key=_draw))


def _draw(household_id: str) -> str:
    return hashlib.sha256(f"completejourney:{household_id}".encode()).hexdigest()


def replay_prices(book: PriceBook, material: Material, *, watch: Watch[Any]) -> PricingReplay:
    """Price every receipt's basket, then compare."""
    receipts = material.receipts
    starts = range(0, len(receipts), _TOGETHER)
    found: list[Totals | None] = []
    cpu = wall = 0.0
    for start in watch(starts, "Pricing the baskets", len(starts)):
        some = receipts[start : start + _TOGETHER]
        began = time.thread_time(), time.perf_counter()
        answers = [_price(book, receipt) for receipt in some]
        cpu += time.thread_time() - began[0]
        wall += time.perf_counter() - began[1]
        found += [_totals(answer) for answer in answers]
    comparisons = tuple(
        _compare(receipt, totals, material) for receipt, totals in zip(receipts, found, strict=True)
    )
    return PricingReplay(comparisons=comparisons, cpu_seconds=cpu, wall_seconds=wall)


def _price(book: PriceBook, receipt: Receipt) -> PricedBasket | None:
    try:
        return price(book, receipt.basket, receipt.situation)
    except NotPriced:
        return None


def _totals(priced: PricedBasket | None) -> Totals | None:
    if priced is None:
        return None
    return Totals(priced.base_minor, priced.selling_minor, priced.match_minor, priced.payable_minor)


def _compare(receipt: Receipt, found: Totals | None, material: Material) -> Comparison:
    expected = material.expected[receipt.basket_id]
    return Comparison(
        receipt=receipt,
        found=found,
        reference=expected.insample if material.book_name == "insample" else expected.reference,
        paid=expected.receipt,
    )
