"""What it takes to compile a large price book: seconds of CPU, and memory for each price row."""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from collections.abc import Iterator
from typing import Final

from benchmarks.measure import Row, progress
from benchmarks.reference import Offer, promotion
from omnicommerce.pricing import (
    PriceBook,
    PriceList,
    PriceRow,
    PricingConfiguration,
    ProductTraits,
)

__all__ = ["configuration", "figures"]

PRODUCTS: Final = 20_000
ZONES: Final = 5
PROMOTIONS: Final = 10_000
REPETITIONS: Final = 3
DIGITS: Final = 16


def figures() -> Iterator[Row]:
    """Yield the seconds, and the bytes of a row that configuration and book keep."""
    progress(f"compiling {PRODUCTS * ZONES:,} price rows and {PROMOTIONS:,} promotions")
    large = configuration(PRODUCTS, ZONES, PROMOTIONS)
    seconds = statistics.median(_seconds(large) for _ in range(REPETITIONS))
    sizes = f"{PRODUCTS * ZONES:,} rows, {PROMOTIONS:,} promotions"
    yield Row(
        f"compile {sizes}",
        round(seconds, 3),
        "one second",
        10,
        microseconds=round(seconds * 1e6),
        against_microseconds=1e6,
    )
    del large
    bytes_a_row = _kept(PRODUCTS, ZONES, PROMOTIONS) / (PRODUCTS * ZONES)
    yield Row(
        f"memory of a row, {sizes}",
        round(bytes_a_row, 1),
        "one byte",
        1024,
        detail="configuration and book, everything else included",
    )


def configuration(products: int, zones: int, promotions: int) -> PricingConfiguration:
    """Return a configuration with a price of each product in each zone."""
    kinds = ("percent", "buy_get", "order")
    return PricingConfiguration(
        currency="EUR",
        products=[
            ProductTraits(f"p{n}", {"category": {f"c{n % 500}"}, "brand": {f"b{n % 100}"}})
            for n in range(products)
        ],
        lists=[PriceList("shelf")],
        rows=[
            PriceRow(price_list="shelf", sku=f"p{n}", amount=500 + n % 4500, zone=f"z{zone}")
            for n in range(products)
            for zone in range(zones)
        ],
        promotions=[
            promotion(n, Offer(kinds[n % 3], f"{'pc'[n % 3 == 0]}{n}", 10**6 + n))
            for n in range(promotions)
        ],
    )


def _seconds(large: PricingConfiguration) -> float:
    gc.collect()
    started = time.process_time()
    PriceBook.compile(large)
    return time.process_time() - started


def _kept(products: int, zones: int, promotions: int) -> int:
    """Return the bytes that a book keeps, its configuration included."""
    gc.collect()
    tracemalloc.start()
    try:
        book = PriceBook.compile(configuration(products, zones, promotions))
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        assert len(book.version) == DIGITS  # it is still there
        return kept
    finally:
        tracemalloc.stop()
