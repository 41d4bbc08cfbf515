"""How tax fails."""

from __future__ import annotations

from omnicommerce.kernel.errors import AdapterError

__all__ = ["TaxUnavailable"]


class TaxUnavailable(AdapterError):
    """An outside tax service gave no answer, or one that does not fit; ``__cause__`` says more."""

    code = "adapter.tax_unavailable"
