"""Taxes of a quote from an outside service: asked between units of work, kept with the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from omnicommerce.kernel.errors import InvalidValue
from omnicommerce.kernel.rate import Rate
from omnicommerce.pricing.basket import Situation
from omnicommerce.pricing.result import PricedBasket
from omnicommerce.pricing.tax.external import taxed_by
from omnicommerce.pricing.tax.model import Jurisdiction, TaxConfiguration
from omnicommerce.pricing.tax.ports import TaxAnswer, TaxBuyer, TaxRequest, TaxService
from omnicommerce.pricing.tax.result import RateShare, TaxedBasket
from omnicommerce.pricing.taxing import Taxing

__all__ = ["ToldTaxing", "answer_kept", "tax_answer_of", "taxed_as_kept", "taxed_outside"]


@attrs.frozen(kw_only=True, eq=False)
class ToldTaxing(Taxing):
    """What a service told about one priced basket, in place of the shop's own rates.

    Args:
        told: The tax of the basket.
        answer: What the service said; None: nothing, and the shop's own rates stand in.
    """

    told: TaxedBasket
    answer: TaxAnswer | None = None

    def of(self, priced: PricedBasket) -> TaxedBasket:  # noqa: ARG002 - it was told of this very one
        """Return the tax that was told."""
        return self.told


class _Listener:
    """A service that remembers what another one answered."""

    def __init__(self, service: TaxService) -> None:
        self._service = service
        self.answer: TaxAnswer | None = None

    def tax(self, request: TaxRequest) -> TaxAnswer:
        self.answer = self._service.tax(request)
        return self.answer


@attrs.frozen
class _Kept:
    """A service that answers what it answered before."""

    answer: TaxAnswer

    def tax(self, request: TaxRequest) -> TaxAnswer:  # noqa: ARG002 - the port's name
        return self.answer


def taxed_outside(service: TaxService, priced: PricedBasket, situation: Situation) -> PricedBasket:
    """Return a priced basket with the tax that a service works out for it.

    Not to be called inside a unit of work: the answer may take seconds. A shop
    without taxes asks nothing.

    Raises:
        TaxUnavailable: There is no answer, and the shop does not fall back on its own rates.
        InvalidValue: Nobody says in which country the goods are handed over.
    """
    taxing = priced.taxing
    if taxing is None or taxing.place is None:
        return priced
    place = taxing.place
    listener = _Listener(service)
    told = taxed_by(
        listener,
        taxing.amounts(priced),
        taxing.delivery(priced),
        taxing.charged(priced),
        buyer=_buyer(place.table.configuration, situation),
        place=place,
        at=situation.at,
        includes_tax=taxing.includes_tax,
    )
    is_theirs = any(note.code == "tax.service" for note in told.notes)
    facts = {name: getattr(taxing, name) for name in _FIELDS}
    answer = listener.answer if is_theirs else None
    return attrs.evolve(priced, taxing=ToldTaxing(**facts, told=told, answer=answer))


_FIELDS = tuple(field.name for field in attrs.fields(Taxing))


def taxed_as_kept(
    priced: PricedBasket, situation: Situation, kept: Mapping[str, Any] | None
) -> PricedBasket:
    """Return a priced basket with the tax that an order keeps; nothing is asked."""
    return priced if kept is None else taxed_outside(_Kept(_read(kept)), priced, situation)


def tax_answer_of(priced: PricedBasket) -> TaxAnswer | None:
    """Return what an outside service said of a priced basket, if one was asked."""
    taxing = priced.taxing
    return taxing.answer if isinstance(taxing, ToldTaxing) else None


def answer_kept(answer: TaxAnswer) -> Mapping[str, Any]:
    """Return an answer as an order keeps it, in its JSON form."""
    taxes = [[[each.name, str(each.rate), each.tax] for each in taxes] for taxes in answer.taxes]
    return {"reference": answer.reference, "taxes": taxes}


def _read(kept: Mapping[str, Any]) -> TaxAnswer:
    taxes = tuple(
        tuple(RateShare(name, Rate.parse(rate), tax) for name, rate, tax in shares)
        for shares in kept["taxes"]
    )
    return TaxAnswer(taxes, kept["reference"])


def _buyer(configuration: TaxConfiguration, situation: Situation) -> TaxBuyer:
    """Return who is taxed where: at the location where the goods are handed over."""
    home = configuration.home
    there = home
    if situation.country is not None:
        there = Jurisdiction(situation.country, situation.region)
    if there is None:
        problem = "a tax service must be told it: of the location, the request, or the tax's home"
        raise InvalidValue("country", problem)
    address = {} if situation.location is None else {"location": situation.location}
    return TaxBuyer(destination=there, address=address, customer_id=situation.customer_id)
