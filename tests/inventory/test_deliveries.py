"""Deliveries of several SKUs: all of it, or nothing, and once."""

from __future__ import annotations

import pytest

from omnicommerce.cli.demo_shop import DRESS, SCARF
from omnicommerce.kernel.errors import InvalidValue, KeyReused, NotFound
from tests.shops import GRAN_VIA, open_shop


def test_a_delivery_is_booked_once_and_whole(database_url: str) -> None:
    """The same key changes nothing the second time; one bad line, and nothing arrives."""
    with open_shop(database_url) as shop:
        inventory = shop.commerce.inventory
        for _ in range(2):
            inventory.receive_delivery({DRESS: 2, SCARF: 5}, GRAN_VIA, key="note-1")
        assert (shop.available(DRESS), shop.available(SCARF)) == (2, 5)
        with pytest.raises(KeyReused):
            inventory.receive_delivery({DRESS: 1, SCARF: 6}, GRAN_VIA, key="note-1")
        with pytest.raises(InvalidValue, match=SCARF):
            inventory.receive_delivery({DRESS: 2, SCARF: 0}, GRAN_VIA, key="note-2")
        with pytest.raises(NotFound):
            inventory.receive_delivery({DRESS: 2}, "moon", key="note-3")
        assert (shop.available(DRESS), shop.available(SCARF)) == (2, 5)
        assert shop.commerce.audit().is_clean
