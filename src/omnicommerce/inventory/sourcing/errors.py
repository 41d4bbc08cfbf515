"""How sourcing says no."""

from __future__ import annotations

from omnicommerce.kernel.errors import Refused

__all__ = ["SourcingRefused"]


class SourcingRefused(Refused):
    """Not everything that was wanted can be sourced, and nothing was held."""

    code = "refused.sourcing"
