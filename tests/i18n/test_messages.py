from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from omnicommerce import i18n
from omnicommerce.kernel.errors import (
    Conflict,
    InvalidConfiguration,
    InvalidValue,
    KeyReused,
    NotFound,
    OmnicommerceError,
    OutcomeUnknown,
    Refused,
    StaleVersion,
    StoreUnavailable,
)
from omnicommerce.kernel.money import Money
from omnicommerce.kernel.predicates import AtLeast, failures
from omnicommerce.kernel.quantity import Quantity
from omnicommerce.kernel.rate import Rate
from omnicommerce.kernel.reasons import Reason, Trace, TraceStep
from omnicommerce.ledger.errors import Short, Shortage
from omnicommerce.ledger.model import AccountKey

NAMES = {
    "sku": {"DRESS-M": "vestido Alba (M)"},
    "location": {"madrid": "Gran Vía", "sol": "Sol"},
    "promotion": {"black": "Black weekend"},
}
STOCK = AccountKey("stock", "DRESS-M", "madrid")


def spaced(text: str) -> str:
    """Return the text with ordinary spaces."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


@pytest.mark.parametrize(
    ("available", "english", "spanish"),
    [
        (
            0,
            "None left of vestido Alba (M) at Gran Vía; 3 were wanted.",
            "No queda vestido Alba (M) en Gran Vía; se pedían 3.",
        ),
        (
            1,
            "Only 1 left of vestido Alba (M) at Gran Vía; 3 were wanted.",
            "Solo queda 1 de vestido Alba (M) en Gran Vía; se pedían 3.",
        ),
        (
            2,
            "Only 2 left of vestido Alba (M) at Gran Vía; 3 were wanted.",
            "Solo quedan 2 de vestido Alba (M) en Gran Vía; se pedían 3.",
        ),
    ],
)
def test_shortages_of_stock_speak_of_stock(available: int, english: str, spanish: str) -> None:
    """The ledger's reason is worded by what is scarce, counted, with names."""
    reason = Short(account=STOCK, wanted=3, available=available).reason
    assert english == i18n.render(reason, locale="en", names=NAMES)
    assert spanish == i18n.render(reason, locale="es-ES", names=NAMES)


def test_a_kind_without_words_of_its_own_reads_the_general_ones() -> None:
    """A shop's own kind of account is not left without a sentence."""
    reason = Short(account=AccountKey("tickets", "concert"), wanted=5, available=1).reason
    assert "Only 1 of concert is available; 5 were wanted." == i18n.render(reason, locale="en")


def test_a_full_slot_is_named_by_its_hour() -> None:
    """The scope of a slot is an instant, read by the clock of the store."""
    slot = AccountKey("slot", "madrid", "2026-11-22T10:00Z")
    reason = Short(account=slot, wanted=1, available=0).reason
    said = i18n.render(reason, locale="es", zone="Europe/Madrid", names=NAMES)
    assert "La franja 22 nov 2026, 11:00 en Gran Vía está completa." == spaced(said)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("19.99 EUR", "19,99 €"),
        (Money.of("19.99", "EUR"), "19,99 €"),
        ("19.99 XYZ", "19.99 XYZ"),
        ("2026-11-21T11:30:00+00:00", "21 nov 2026, 12:30"),
        ("2026-99-21T11:30:00+00:00", "2026-99-21T11:30:00+00:00"),
        (datetime(2026, 11, 21, 11, 30, tzinfo=UTC), "21 nov 2026, 12:30"),
        ("12.5%", "12,5 %"),
        (Rate.percent(21), "21 %"),
        (12345, "12.345"),
        (True, "sí"),
        ({"amount": 1250, "measure": "gram"}, "1,25 kg"),
        (Quantity.of("1.25", "kg"), "1,25 kg"),
        ({"en": "Dress", "es": "Vestido"}, "Vestido"),
        (
            {"starts_at": "2026-11-21T10:00:00Z", "ends_at": "2026-11-21T11:00:00Z"},
            "sáb, 21 nov, 11:00–12:00",
        ),
        (["1.00 EUR", "2.00 EUR"], "1,00 € y 2,00 €"),
        ({"a": 1}, "a: 1"),
        (None, "…"),
    ],
)
def test_figures_are_shown_as_what_they_are(value: Any, shown: str) -> None:
    """Plain JSON values that spell money, instants, rates and quantities are read as such."""
    said = i18n.render("predicate.during", {"required": value}, locale="es", zone="Europe/Madrid")
    assert f"Solo es válido {shown}." == spaced(said)


def test_states_are_words_of_their_noun() -> None:
    """An order is not ready and a pick-up is not placed: each has its own words."""
    order = {"order": "order_1", "status": "placed", "wanted": "completed"}
    pickup = {"pickup": "pickup_1", "status": "ready", "wanted": "requested"}
    assert (
        "El pedido order_1 está realizado; ahora no puede pasar a estar completado."
        == i18n.render("order.state", order, locale="es")
    )
    assert "La recogida está lista; ahora no puede pasar a estar en preparación." == i18n.render(
        "pickup.state", pickup, locale="es"
    )


def test_members_of_a_list_are_words_too() -> None:
    """What changed since a quote is named, not listed as fields."""
    said = i18n.render("quote.changed", {"what": ["lines", "due_amount", "odd"]}, locale="en")
    assert (
        "Since the quote, this has changed: the goods or their prices, the amount due, and odd."
        == said
    )


def test_an_empty_list_is_nothing() -> None:
    """A condition that found no text at all says so."""
    figures = {"fact": "code", "required": ["SUMMER"], "observed": []}
    assert "The code must be one of SUMMER; it is nothing." == i18n.render(
        "predicate.one_of", figures, locale="en"
    )


def test_an_identity_that_looks_like_money_stays_an_identity() -> None:
    """What names something is shown by its name or verbatim, never formatted."""
    said = i18n.render("pricing.not_priced", {"sku": "12.00 EUR"}, locale="es")
    assert "No hay precio para 12.00 EUR aquí y ahora." == said


def test_what_nobody_gave_is_an_ellipsis() -> None:
    """A sentence is said even if a figure is missing."""
    assert "This order waits at …, not at Sol." == i18n.render(
        "pickup.wrong_store", {"location": "sol"}, locale="en", names=NAMES
    )


def test_braces_in_a_figure_are_harmless() -> None:
    """A figure is never read as a placeholder."""
    assert "There is no price for {line_id} here and now." == i18n.render(
        "pricing.not_priced", {"sku": "{line_id}", "line_id": "secret"}, locale="en"
    )


def test_an_unknown_code_is_shown_as_it_is() -> None:
    """A reason of somebody's own strategy is still legible."""
    assert "mine.odd (by=3)" == i18n.render("mine.odd", {"by": 3}, locale="es")


def test_a_language_without_a_catalogue_reads_english() -> None:
    """Formats follow the locale, sentences fall back."""
    assert "The cart is empty." == i18n.render("cart.empty", locale="fr-CA")


def test_an_unknown_locale_is_refused() -> None:
    """It is the caller's mistake, and named."""
    with pytest.raises(InvalidValue, match="'xx'"):
        i18n.render("cart.empty", locale="xx")


def test_a_refusal_lists_all_its_reasons_and_one_advice() -> None:
    """Whoever is refused learns everything at once, and what to do."""
    points = AccountKey("points", "customer_1", "club")
    error = Shortage(
        Short(account=STOCK, wanted=2, available=1, held=1),
        Short(account=points, wanted=500, available=20),
    )
    assert (
        "Lo último de vestido Alba (M) en Gran Vía está apartado para otro cliente: "
        "disponibles 1, pedidos 2.\n"
        "Solo hay 20 puntos para gastar; se pedían 500.\n"
        "No se ha cambiado nada; inténtalo dentro de unos minutos o elige otra tienda."
        == i18n.explain_error(error, locale="es", names=NAMES)
    )


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (
            NotFound("order", "order_9"),
            "There is no order order_9.\nCheck the name and try again.",
        ),
        (
            KeyReused("pay-1"),
            (
                "The key pay-1 was used before for something else.\n"
                "Use a new key, or repeat the first command unchanged."
            ),
        ),
        (
            InvalidConfiguration("$.promotions[2]", "has no effect"),
            (
                "The shop's configuration has a mistake. $.promotions[2]: has no effect\n"
                "Correct the configuration at $.promotions[2] and load it again."
            ),
        ),
        (
            StaleVersion("cart", "cart_1", 3),
            (
                "Somebody else has changed cart cart_1 in the meantime.\n"
                "Read it again and repeat the change."
            ),
        ),
        (Conflict("busy"), "Somebody else was faster.\nTry again."),
        (
            StoreUnavailable("connection refused"),
            (
                "The shop's database cannot be reached; nothing was changed.\n"
                "Check that the database is running and try again."
            ),
        ),
        (
            OutcomeUnknown("gone"),
            (
                "The connection broke while saving: either everything was kept, or nothing.\n"
                "Repeat the command with the same key; it will not be done twice."
            ),
        ),
        (
            Refused(),
            (
                "The shop's rules do not allow this.\n"
                "Nothing was changed; choose something else and try again."
            ),
        ),
        (
            OmnicommerceError("strange"),
            "Something went wrong: strange\nPlease try again; if it happens again, tell the shop.",
        ),
    ],
)
def test_each_family_says_what_happened_and_what_to_do(
    error: OmnicommerceError, lines: str
) -> None:
    """One sentence and one line of advice for every kind of error."""
    assert lines == i18n.explain_error(error, locale="en")


def test_a_value_is_named_in_each_language() -> None:
    """The problem itself is for the caller and stays as it was raised."""
    error = InvalidValue("quantity", "must be at least 1, not 0")
    assert (
        "Un valor no es posible. quantity: must be at least 1, not 0\n"
        "Corrígelo e inténtalo de nuevo." == i18n.explain_error(error, locale="es")
    )


def test_an_error_of_somebody_elses_falls_back_to_its_family() -> None:
    """An adapter's own error is explained by the codes above its own."""

    class Melted(StoreUnavailable):
        code = "adapter.store_unavailable.melted"

    assert i18n.explain_error(Melted("hot"), locale="en").startswith("The shop's database")


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("spend.base", "amount before promotions must be at least €20.00; €2.00 is missing."),
        (
            "matching.units",
            "number of units that belong to it must be at least 2,000; 200 is missing.",
        ),
    ],
)
def test_conditions_on_money_are_told_in_money(fact: str, said: str) -> None:
    """Facts that count minor units are shown as money of the shop's currency."""
    (reason,) = failures(AtLeast(fact, 2000), {fact: 1800})
    assert f"The {said}" == i18n.render(reason, locale="en", currency="EUR")


TRACE = Trace(
    (
        TraceStep("black", "applied", Reason("promotion.applied", {"amount": 500})),
        TraceStep("club", "failed", Reason("predicate.during", {"required": "12.5%"})),
        TraceStep("sol", "odd", Reason("mine.odd")),
    )
)


def test_a_trace_is_told_in_full() -> None:
    """The long text has one line for each step, in order."""
    assert (
        "Black weekend: aplicada. Rebaja 5,00 €.\n"
        "club: no se aplica. Solo es válido 12,5 %.\n"
        "Sol: odd. mine.odd"
        == spaced(
            i18n.explain_trace(TRACE, locale="es", detail="long", names=NAMES, currency="EUR")
        )
    )


def test_a_trace_is_told_in_short() -> None:
    """The short text keeps what took effect, or everything where nothing did."""
    short = i18n.explain_trace(TRACE, locale="en", names=NAMES, currency="EUR")
    assert "Black weekend: applied. It takes €5.00 off." == short
    failed = Trace(TRACE.steps[1:2])
    assert "club: does not apply. Only valid 12.5%." == i18n.explain_trace(failed, locale="en")
    assert "" == i18n.explain_trace(Trace(), locale="en")
