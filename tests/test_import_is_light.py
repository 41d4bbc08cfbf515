from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"alembic", "babel", "hypothesis", "psycopg", "pymysql", "pytest", "rich", "sqlalchemy"}
HEAVY |= {"aiosqlite", "asyncmy", "confluent_kafka", "greenlet", "nats", "pika", "redis"}
EVERYTHING = "from omnicommerce import *"
AN_OPEN_SHOP = """
from omnicommerce import Channel, Commerce, PricingConfiguration, ShopConfiguration
from omnicommerce.adapters.in_process import InProcessGateway, Mailbox
pricing = PricingConfiguration(currency="EUR", products=[], lists=[], rows=[])
configuration = ShopConfiguration(channels=[Channel(channel_id="web")], pricing=pricing)
shop = Commerce.open("memory:", configuration, gateway=InProcessGateway(), sender=Mailbox())
shop.carts, shop.checkout, shop.counter, shop.inventory, shop.orders, shop.customers
"""


def _loaded(program: str) -> set[str]:
    """Return what a fresh interpreter has loaded after a program."""
    program += "\nimport sys; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("import omnicommerce", id="the package"),
        pytest.param(EVERYTHING, id="every public name"),
        pytest.param(AN_OPEN_SHOP, id="a shop in memory"),
    ],
)
def test_nothing_heavy_is_loaded_unasked(program: str) -> None:
    """No database, no languages and no test tools are loaded until somebody needs them."""
    assert set() == HEAVY & _loaded(program)


def test_a_public_name_loads_its_room_only() -> None:
    """Who needs money does not load the checkout."""
    rooms = {"checkout", "ledger", "pricing", "cart", "commerce"}
    loaded = _loaded("from omnicommerce import Money")
    assert set() == {f"omnicommerce.{room}" for room in rooms} & loaded
