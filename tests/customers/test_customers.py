"""Who the customer is, on every database: their company and exemption are the shop's to say."""

from __future__ import annotations

from typing import Any

import pytest

from omnicommerce.customers.model import Customer
from omnicommerce.kernel.documents import dump, load
from omnicommerce.kernel.errors import InvalidValue, NotFound
from omnicommerce.kernel.ids import CustomerId
from tests.shops import open_shop


def test_whom_a_customer_buys_for_is_kept(database_url: str) -> None:
    """What staff say of a customer is there in every channel; again, it changes nothing."""
    with open_shop(database_url) as shop:
        clara = shop.customer()
        assert (clara.company_id, clara.tax_exempt) == (None, False)
        customers = shop.commerce.customers
        changed = customers.buys_for(clara.customer_id, "acme", tax_exempt=True)
        assert (changed.company_id, changed.tax_exempt, changed.version) == ("acme", True, 1)
        assert customers.buys_for(clara.customer_id, "acme", tax_exempt=True) == changed
        assert customers.get(clara.customer_id) == changed
        assert shop.customer() == changed
        back = customers.buys_for(clara.customer_id, None)
        assert (back.company_id, back.tax_exempt, back.version) == (None, False, 2)
        with pytest.raises(NotFound):
            customers.buys_for(CustomerId("customer_x"), "acme")
        with pytest.raises(InvalidValue):
            customers.buys_for(clara.customer_id, " ")
        with pytest.raises(InvalidValue):
            customers.buys_for(clara.customer_id, None, tax_exempt="no")  # type: ignore[arg-type]
        assert customers.get(clara.customer_id) == back


def test_a_customer_of_before_is_read() -> None:
    """Documents that were written before there were companies still load."""
    clara = Customer(customer_id=CustomerId("c1"), name="Clara", email="clara@example.com")
    written: dict[str, Any] = dump(clara)
    del written["company_id"], written["tax_exempt"]
    assert load(Customer, written) == clara
