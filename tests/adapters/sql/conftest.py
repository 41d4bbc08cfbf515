from __future__ import annotations

import pytest

from tests import databases


@pytest.fixture(
    params=[
        pytest.param(kind, marks=getattr(pytest.mark, kind))
        for kind in ("sqlite", "postgres", "mariadb")
    ],
)
def empty_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a real database of each kind in turn, without any table."""
    url = str(request.getfixturevalue(f"{request.param}_url"))
    if request.param != "sqlite":
        databases.empty(url)
    return url
