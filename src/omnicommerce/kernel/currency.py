"""Currencies of ISO 4217 and how many decimals their minor unit has."""

from __future__ import annotations

from typing import Final

import attrs

from omnicommerce.kernel.errors import InvalidValue

__all__ = ["CURRENCIES", "Currency"]

# ISO 4217 list one, published by SIX on 2026-01-01: exponent of the minor unit -> codes.
# Codes without a minor unit (gold, bond units, the test code) cannot price goods and are left out.
_EXPONENTS: Final = {
    0: ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "),
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP "
        "BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB "
        "EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
        "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
        "MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD "
        "RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG "
    ),
    3: ("BHD IQD JOD KWD LYD OMR TND "),
    4: ("CLF UYW "),
}


@attrs.frozen(order=True)
class Currency:
    """A currency: ISO 4217 code and the exponent of its minor unit.

    Example:
        >>> Currency.of("JPY")
        Currency(code='JPY', exponent=0)
        >>> Currency.of("KWD").exponent
        3
    """

    code: str
    exponent: int

    @classmethod
    def of(cls, code: str | Currency) -> Currency:
        """Return the currency of this ISO 4217 code.

        Raises:
            InvalidValue: ``code`` is not an active ISO 4217 code with a minor unit.
        """
        if isinstance(code, Currency):
            return code
        try:
            return CURRENCIES[code]
        except (KeyError, TypeError):
            raise InvalidValue(
                "currency", f"{code!r} is not an ISO 4217 code of three capital letters"
            ) from None

    def __str__(self) -> str:
        """Show the code."""
        return self.code


CURRENCIES: Final[dict[str, Currency]] = {
    code: Currency(code, exponent)
    for exponent, codes in _EXPONENTS.items()
    for code in codes.split()
}
