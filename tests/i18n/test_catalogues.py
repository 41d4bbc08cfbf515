from __future__ import annotations

import re
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from omnicommerce import i18n
from omnicommerce.cart.merge import MergeKind
from omnicommerce.cart.model import CartStatus
from omnicommerce.fulfilment.model import PickupStatus
from omnicommerce.i18n.figures import placeholders
from omnicommerce.ledger import audit
from omnicommerce.orders.model import AttemptState, OrderStatus, TenderKind
from tests.i18n.reasons_in_source import GivenReason, error_codes, given_reasons

CATALOGUES = Path(i18n.__file__).parent / "catalogues"
LANGUAGES = ("en", "es")
GIVEN = given_reasons()


def path(language: str, suffix: str) -> Path:
    """Return where a language's catalogue lies."""
    return CATALOGUES / language / "LC_MESSAGES" / f"omnicommerce.{suffix}"


def read(language: str) -> Catalog:
    """Return a language's catalogue as its translators wrote it."""
    with path(language, "po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def forms(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Return every form of every message by its code."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        )
        for message in catalog
        if message.id
    }


def counted(catalog: Catalog) -> dict[str, str]:
    """Return what each message with plurals counts."""
    return {message.id[0]: message.id[1] for message in catalog if message.pluralizable}


TEXTS = {language: forms(read(language)) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    """The .mo beside each .po is up to date; if not, run ``make messages``."""
    fresh = BytesIO()
    write_mo(fresh, read(language))
    fresh.seek(0)
    stored = read_mo(BytesIO(path(language, "mo").read_bytes()))
    assert forms(read_mo(fresh)) == forms(stored)


def test_each_language_says_everything() -> None:
    """English and Spanish know the same codes, and no text is empty or marked as doubtful."""
    assert set(TEXTS["en"]) == set(TEXTS["es"])
    for language in LANGUAGES:
        assert [] == [code for code, texts in TEXTS[language].items() if not all(texts)]
        assert [] == [message.id for message in read(language) if message.id and message.fuzzy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_is_written_twice(language: str) -> None:
    """A second entry would silently replace the first."""
    written = path(language, "po").read_text(encoding="utf-8")
    ids = re.findall(r'^msgid "(.+)"$', written, re.MULTILINE)
    assert sorted(set(ids)) == sorted(ids)


def test_placeholders_agree_between_languages() -> None:
    """Every form of a message shows the same figures in each language."""
    differing = [
        code
        for code, texts in TEXTS["en"].items()
        if {frozenset(placeholders(text)) for text in texts}
        != {frozenset(placeholders(text)) for text in TEXTS["es"][code]}
    ]
    assert [] == differing


def test_languages_count_the_same_parameter() -> None:
    """What chooses the plural form is named by a placeholder, the same in each language."""
    english = counted(read("en"))
    assert english == counted(read("es"))
    for code, parameter in english.items():
        assert (parameter.strip("{}"),) == placeholders(parameter)
        assert parameter in TEXTS["en"][code][-1]


@pytest.mark.parametrize("reason", GIVEN, ids=lambda reason: f"{reason.place}-{reason.code}")
def test_each_reason_has_its_sentence(reason: GivenReason) -> None:
    """Whatever the engine decides can be said, with figures that the reason really gives."""
    assert reason.code != "*", f"{reason.place}: write the code where the reason is made"
    known = [code for code in TEXTS["en"] if fnmatchcase(code, reason.code)]
    assert known, f"{reason.place}: no message {reason.code!r}"
    if reason.parameters is not None:
        used = {name for code in known for text in TEXTS["en"][code] for name in placeholders(text)}
        assert used <= reason.parameters


def test_the_scan_sees_the_reasons() -> None:
    """The test above is not empty: it finds plain codes, chosen ones and composed ones."""
    codes = {reason.code for reason in GIVEN}
    assert {"order.state", "ledger.held", "ledger.insufficient", "ledger.more_than_*"} <= codes


@pytest.mark.parametrize("code", error_codes())
def test_each_error_says_what_happened_and_what_to_do(code: str) -> None:
    """Each error that is no refusal has its own sentence; each has advice, be it its family's."""
    family = code.partition(".")[0]
    assert f"advice.{family}" in TEXTS["en"]
    if family != "refused":
        assert code in TEXTS["en"]


def test_each_finding_of_the_audit_has_its_sentence() -> None:
    """The auditor composes its codes at run time, so they are read from its table."""
    listed = set(re.findall(r"``(audit\.\w+)``", audit.__doc__ or ""))
    assert listed
    assert listed == {code for code in TEXTS["en"] if code.startswith("audit.")}


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("order.status", OrderStatus),
        ("pickup.status", PickupStatus),
        ("payment.state", AttemptState),
        ("receipt.tender", TenderKind),
        ("cart.merge", MergeKind),
    ],
)
def test_each_state_has_its_word(prefix: str, words: type[OrderStatus]) -> None:
    """States of orders, pick-ups and payments are never shown as the engine spells them."""
    assert set() == {f"{prefix}.{word}" for word in words} - set(TEXTS["en"])


def test_each_end_of_a_cart_has_its_sentence() -> None:
    """The cart composes its codes from its status."""
    ends = {f"cart.{status}" for status in CartStatus if status is not CartStatus.OPEN}
    assert set() == ends - set(TEXTS["en"])


def test_the_languages_are_found() -> None:
    """The command line can offer what there is."""
    assert LANGUAGES == i18n.languages()
