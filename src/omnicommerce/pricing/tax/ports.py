"""What tax needs from the outside, where the shop does not keep its own rates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

import attrs

from omnicommerce.kernel import documents
from omnicommerce.kernel.clock import require_instant
from omnicommerce.kernel.currency import Currency
from omnicommerce.pricing.tax.model import Jurisdiction
from omnicommerce.pricing.tax.result import RateShare

__all__ = ["TaxAnswer", "TaxBuyer", "TaxQuestion", "TaxRequest", "TaxService"]


class TaxQuestion(NamedTuple):
    """One amount of a request: an item, a delivery or a surcharge.

    Attributes:
        kind: ``item``, ``delivery`` or ``surcharge``.
        key: Its identity among its kind.
        minor: Minor units after all promotions.
        tax_class: Its class in the shop, which the adapter turns into the service's code.
        quantity: Its units.
        includes_tax: Whether the amount holds tax, so that it stays and the net is the rest.
    """

    kind: str
    key: str
    minor: int
    tax_class: str | None
    quantity: int
    includes_tax: bool


def _questions(value: Iterable[TaxQuestion]) -> tuple[TaxQuestion, ...]:
    return tuple(value)


def _ids(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(value))


def _frozen(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


@attrs.frozen(kw_only=True)
class TaxBuyer:
    """Who buys, and where the goods go, as far as a service may ask.

    Args:
        destination: Country and region.
        address: What else is known of the address, such as ``postal_code``.
        customer_id: Who it is, where that is known.
    """

    destination: Jurisdiction
    address: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen, hash=False)
    customer_id: str | None = None


@attrs.frozen(kw_only=True)
class TaxRequest:
    """What a tax service is asked.

    Args:
        currency: Of the amounts.
        at: The instant that counts.
        buyer: Who buys, and where the goods go.
        questions: The amounts to be taxed.
        exemptions: Ids of the exemptions that the shop grants the buyer.
    """

    currency: Currency
    at: datetime = attrs.field(converter=require_instant)
    buyer: TaxBuyer
    questions: tuple[TaxQuestion, ...] = attrs.field(converter=_questions)
    exemptions: tuple[str, ...] = attrs.field(default=(), converter=_ids)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all of it but the instant: equal questions, equal text."""
        questions = [list(question) for question in self.questions]
        return documents.fingerprint(
            [self.currency.code, documents.dump(self.buyer), list(self.exemptions), questions]
        )


class TaxAnswer(NamedTuple):
    """The taxes of each amount of a request, in the order of its questions.

    Attributes:
        taxes: For each question its taxes in minor units; none where nothing is due.
        reference: What the service calls its answer, for later questions about it.
    """

    taxes: tuple[tuple[RateShare, ...], ...]
    reference: str | None = None


class TaxService(Protocol):
    """Work out taxes outside: in a service that knows rates the shop does not keep.

    Configured where the shop is opened, beside the payment gateway; wrap it in a
    `CachedTaxService`, as equal baskets are quoted again and again. Called once for
    each quote, before any transaction begins and never inside one: an answer may
    take seconds. Placing the order uses the quoted tax and does not ask again. It
    differs from a `TaxTable`, which is the shop's own and cannot fail.
    """

    @abstractmethod
    def tax(self, request: TaxRequest) -> TaxAnswer:
        """Return the taxes of a request.

        Args:
            request: What is bought, for how much, by whom, and where it goes.

        Raises:
            TaxUnavailable: The service gave no answer; ``__cause__`` is its own
                error. What the shop does then is `TaxConfiguration.service_failure`.
        """
