"""What holds for every case of the format, in files that nobody has seen yet too."""

from __future__ import annotations

from hypothesis import assume, given

from omnicommerce.pricing import PricedBasket
from tests.peer_cases.outcome import Outcome, outcome_of
from tests.peer_cases.reading import Case, Unsupported
from tests.peer_cases.running import Verdict, run_case
from tests.peer_cases.strategies import cases


def outcome(case: Case) -> Outcome:
    """Price a case, or look for another one where the library has no word for something."""
    try:
        return outcome_of(case)
    except Unsupported:
        assume(condition=False)
        raise


@given(case=cases)
def test_every_case_of_the_format_can_be_priced(case: Case) -> None:
    """No combination of what the format has ends in an error."""
    result = run_case(case)
    assert result.verdict is not Verdict.FAILED, result.differences


@given(case=cases)
def test_nothing_goes_below_zero(case: Case) -> None:
    """No line and no shipping entry costs less than nothing, or more than before."""
    found = outcome(case)
    assert all(0 <= found.left[name] <= base for name, base in found.base.items())
    assert all(0 <= found.shipping_left[n] <= base for n, base in found.shipping_base.items())


@given(case=cases)
def test_figures_are_consistent_as_the_format_says(case: Case) -> None:
    """What is paid is what is left and the tax on it, however prices are entered."""
    priced = outcome(case).priced
    entered = _entered(priced)
    assert priced.tax is not None
    assert priced.total_minor == priced.tax.total.net + priced.tax_minor
    if case.mode == "none":
        assert (priced.total_minor, priced.tax_minor) == (entered, 0)


def _entered(priced: PricedBasket) -> int:
    parts = (priced.selling_minor, priced.delivery_minor, priced.gift_minor, priced.surcharge_minor)
    return sum(parts)


@given(case=cases)
def test_what_promotions_gave_sums_to_what_is_missing(case: Case) -> None:
    """Every cent that a line or shipping entry costs less is named by a promotion."""
    found = outcome(case)
    missing = sum(found.base.values()) - sum(found.left.values())
    missing += sum(found.shipping_base.values()) - sum(found.shipping_left.values())
    assert missing == sum(given.total - given.gifts for given in found.given.values())
    assert found.applied == {name for name, given in found.given.items() if given.total}
