"""The laws of barcodes: typing errors are found, and every length means one product."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnicommerce.catalog.gtin import check_digit, normalise_gtin
from omnicommerce.kernel.errors import InvalidValue

FOODS = Path(__file__).parent.parent / "data" / "openfoodfacts" / "products_gtin.csv.gz"

gtins = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda length: st.text("0123456789", min_size=length, max_size=length).map(
        lambda digits: f"{digits}{check_digit(digits)}"
    )
)


@given(gtins)
def test_every_length_is_one_product(gtin: str) -> None:
    """Filled with zeros, spaced or hyphenated, it is the same fourteen digits."""
    normal = normalise_gtin(gtin)
    assert len(normal) == 14
    assert normal == normalise_gtin(normal)
    assert normal == normalise_gtin(f" {gtin[:1]} {gtin[1:4]}-{gtin[4:]}")
    assert int(normal) == int(gtin)


@given(gtins, st.data())
def test_one_wrong_digit_is_always_found(gtin: str, data: st.DataObject) -> None:
    """The check digit finds every single mistyped digit (GS1 General Specifications 7.9)."""
    place = data.draw(st.integers(0, len(gtin) - 1))
    other = data.draw(st.sampled_from(sorted(set("0123456789") - {gtin[place]})))
    with pytest.raises(InvalidValue, match="check digit is"):
        normalise_gtin(gtin[:place] + other + gtin[place + 1 :])


@given(gtins, st.data())
def test_swapped_neighbours_are_found_unless_five_apart(gtin: str, data: st.DataObject) -> None:
    """Two neighbours swapped are found, but for digits that differ by five."""
    place = data.draw(st.integers(0, len(gtin) - 2))
    left, right = gtin[place], gtin[place + 1]
    swapped = gtin[:place] + right + left + gtin[place + 2 :]
    if abs(int(left) - int(right)) in {0, 5}:
        normalise_gtin(swapped)
    else:
        with pytest.raises(InvalidValue, match="mistyped"):
            normalise_gtin(swapped)


@pytest.mark.parametrize(
    "text",
    ["", "123", "40063813339310", "400638133393a", "٤٠٠٦٣٨١٣٣٣٩٣١", "4006381333931\n", 7, None],
)
def test_what_is_no_barcode_is_refused(text: object) -> None:
    """Wrong lengths, letters, foreign digits and numbers are errors that name the field."""
    with pytest.raises(InvalidValue) as caught:
        normalise_gtin(text)  # type: ignore[arg-type] # that is the point
    assert caught.value.field == "gtin"


def test_real_products_are_judged_rightly() -> None:
    """Of 4,000 real barcodes exactly those with a wrong check digit or length are refused."""
    with gzip.open(FOODS, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    refused = set()
    for row in rows:
        try:
            normalise_gtin(row["gtin"])
        except InvalidValue:
            refused.add(row["gtin"])
    expected = {row["gtin"] for row in rows if row["check_digit_valid"] != "1"}
    assert len(rows) > 3_900
    assert refused == expected
    assert len(refused) == 10
