"""Taxes from an outside service: asked, remembered, and replaced by own rates when it fails."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from threading import Lock

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.reasons import Reason
from omnicommerce.pricing.tax.decide import levied, notes, taxed
from omnicommerce.pricing.tax.errors import TaxUnavailable
from omnicommerce.pricing.tax.levy import Levied, RateKey, make_levy
from omnicommerce.pricing.tax.model import ServiceFailure
from omnicommerce.pricing.tax.ports import (
    TaxAnswer,
    TaxBuyer,
    TaxQuestion,
    TaxRequest,
    TaxService,
)
from omnicommerce.pricing.tax.rates import TaxPlace
from omnicommerce.pricing.tax.result import RateShare, TaxedAmount, TaxedBasket, TaxedGroup

__all__ = ["CachedTaxService", "taxed_by"]


def taxed_by(
    service: TaxService,
    items: Sequence[TaxedAmount],
    delivery: Sequence[TaxedAmount] = (),
    surcharges: Sequence[TaxedAmount] = (),
    *,
    buyer: TaxBuyer,
    place: TaxPlace,
    at: datetime,
    includes_tax: bool | None = None,
) -> TaxedBasket:
    """Return the tax of a basket as an outside service works it out.

    The shop's own rates still say what an amount is before tax: they turn prices
    that hold the tax of home into those of the destination, take off what is meant
    in the other basis, and free who is exempt.

    Args:
        service: Who is asked.
        items: What is bought; see `taxed`.
        delivery: What its delivery costs.
        surcharges: Fees and allowances.
        buyer: Who buys, and where the goods go.
        place: The shop's own rates there.
        at: The instant that counts.
        includes_tax: Whether amounts that do not say so hold tax.

    Returns:
        The same as `taxed` returns; a note says where the tax comes from.

    Raises:
        TaxUnavailable: The service gave no answer that fits, and the configuration
            does not fall back on the shop's own rates.
    """
    groups = levied(items, delivery, surcharges, place=place, includes_tax=includes_tax)
    entries = (*items, *delivery, *surcharges)
    sizes = (len(items), len(delivery), len(surcharges))
    request = TaxRequest(
        currency=place.table.currency,
        at=at,
        buyer=buyer,
        questions=_questions(groups, entries, sizes),
        exemptions=[item.exemption_id for item in place.exempt],
    )
    try:
        answer = _fitting(service.tax(request), request)
    except TaxUnavailable:
        if place.table.configuration.service_failure is ServiceFailure.REFUSE:
            raise
        own = taxed(items, delivery, surcharges, place=place, includes_tax=includes_tax)
        return attrs.evolve(own, notes=(*own.notes, Reason("tax.fallback")))
    said = (*notes(groups, place), Reason("tax.service"))
    return attrs.evolve(_answered(request, answer), entries=entries, sizes=sizes, notes=said)


def _answered(request: TaxRequest, answer: TaxAnswer) -> TaxedBasket:
    pairs = list(zip(request.questions, answer.taxes, strict=True))
    return TaxedBasket(
        currency=request.currency,
        entries=(),
        sizes=(0, 0, 0),
        net=[one.minor - one.includes_tax * _sum(taxes) for one, taxes in pairs],
        tax=[_sum(taxes) for taxes in answer.taxes],
        groups=tuple(_group(number, *pair) for number, pair in enumerate(pairs)),
        reference=answer.reference,
    )


def _questions(
    groups: Sequence[Levied], entries: Sequence[TaxedAmount], sizes: tuple[int, int, int]
) -> list[TaxQuestion]:
    kinds = ["item"] * sizes[0] + ["delivery"] * sizes[1] + ["surcharge"] * sizes[2]
    asked: dict[int, TaxQuestion] = {}
    for levy, positions, amounts in groups:
        for position, minor in zip(positions, amounts, strict=True):
            entry = entries[position]
            asked[position] = TaxQuestion(
                kinds[position],
                entry.key,
                minor,
                entry.tax_class,
                entry.quantity,
                levy.includes_tax,
            )
    return [asked[position] for position in range(len(entries))]


def _fitting(answer: TaxAnswer, request: TaxRequest) -> TaxAnswer:
    """Return an answer, if it is one to this request and its taxes can be."""
    asked, told = len(request.questions), len(answer.taxes)
    if told != asked:
        raise TaxUnavailable(f"the service was asked for {asked} taxes, and told {told}")
    for question, taxes in zip(request.questions, answer.taxes, strict=True):
        if any(type(share.tax) is not int for share in taxes):
            raise TaxUnavailable(f"the tax of {question.key!r} is not in whole minor units")
        if question.includes_tax and abs(_sum(taxes)) > abs(question.minor):
            raise TaxUnavailable(f"the tax of {question.key!r} is more than the amount it is in")
    return answer


def _sum(taxes: Sequence[RateShare]) -> int:
    return sum([share.tax for share in taxes])


def _group(number: int, question: TaxQuestion, taxes: Sequence[RateShare]) -> TaxedGroup:
    merged: dict[RateKey, int] = {}
    for share in taxes:
        key = RateKey(share.name, share.rate)
        merged[key] = merged.get(key, 0) + share.tax
    rates = {key: key.rate.value for key in merged}
    levy = make_levy(rates, sum(rates.values(), Fraction(0)), includes_tax=question.includes_tax)
    return TaxedGroup(levy, [number], [[tax] for tax in merged.values()])


class CachedTaxService:
    """Remember the answers of a tax service by the content of the question.

    Args:
        service: Who is asked what is not remembered.
        keep: For how long an answer counts, by the instants of the requests.
        capacity: How many answers are kept; the one not used for longest goes first.

    Raises:
        InvalidValue: No time, or no room.
    """

    def __init__(
        self,
        service: TaxService,
        *,
        keep: timedelta = timedelta(hours=1),
        capacity: int = 1000,
    ) -> None:
        if keep <= timedelta():
            raise InvalidValue("keep", f"must be more than nothing, not {keep}")
        if capacity < 1:
            raise InvalidValue("capacity", f"must be at least 1, not {capacity}")
        self._service = service
        self._keep = keep
        self._capacity = capacity
        self._lock = Lock()
        self._answers: OrderedDict[str, tuple[datetime, TaxAnswer]] = OrderedDict()

    def tax(self, request: TaxRequest) -> TaxAnswer:
        """Return the taxes of a request, remembered or asked for.

        Raises:
            TaxUnavailable: It is not remembered, and the service gave no answer.
        """
        key = request.fingerprint
        with self._lock:
            found = self._answers.get(key)
            if found is not None and timedelta() <= request.at - found[0] < self._keep:
                self._answers.move_to_end(key)
                return found[1]
        answer = _fitting(self._service.tax(request), request)
        with self._lock:
            self._answers[key] = (request.at, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > self._capacity:
                self._answers.popitem(last=False)
        return answer
