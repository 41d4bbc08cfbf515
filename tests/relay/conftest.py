"""A store of each kind, empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.stores import ledger_stores

SERVERS = ("sqlite", "postgres", "mariadb")


@pytest.fixture(
    params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("memory", *SERVERS)]
)
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give an empty store of each kind in turn."""
    name = request.param
    url = "memory:" if name == "memory" else str(request.getfixturevalue(f"{name}_url"))
    with ledger_stores(url) as opened:
        yield opened()


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in SERVERS])
def sql_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of each real database in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def sql_store(sql_url: str) -> Iterator[Any]:
    """Give an empty SQL store of each kind in turn."""
    with ledger_stores(sql_url) as opened:
        yield opened()
