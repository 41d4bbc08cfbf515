"""The four families of errors, each class with a stable code.

===============  =========================================================
family           what to do about it
===============  =========================================================
`Misuse`         the caller passed something impossible: mend the call
`Refused`        the shop's rules say no: show the reasons to the person
`Conflict`       somebody else was faster: run the unit of work again
`AdapterError`   a store or service failed: the cause is kept
===============  =========================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from omnicommerce.kernel.reasons import Reason

__all__ = [
    "AdapterError",
    "Conflict",
    "InvalidConfiguration",
    "InvalidValue",
    "KeyReused",
    "Misuse",
    "NotFound",
    "OmnicommerceError",
    "OutcomeUnknown",
    "Refused",
    "StaleVersion",
    "StoreUnavailable",
    "UnknownDocument",
    "UnknownSku",
]


class OmnicommerceError(Exception):
    """The root of every error the engine raises on purpose.

    ``code`` is stable and has a section of the same name in the docs;
    ``parameters`` hold the figures as plain JSON values.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **parameters: Any) -> None:
        super().__init__(message)
        self.message = message
        self.parameters = parameters

    def __str__(self) -> str:
        """Show the message followed by the code, so that a log line can be looked up."""
        return f"{self.message} [{self.code}]"


class Misuse(OmnicommerceError):
    """The call itself is wrong; the same call can never succeed."""

    code = "misuse"


class InvalidValue(Misuse):
    """One value is impossible; the message and ``field`` name it."""

    code = "misuse.value"

    def __init__(self, field: str, problem: str, **parameters: Any) -> None:
        super().__init__(f"{field}: {problem}", field=field, **parameters)
        self.field = field


class InvalidConfiguration(Misuse):
    """A shop's configuration is malformed; ``path`` is like ``$.promotions[2].effect``."""

    code = "misuse.configuration"

    def __init__(self, path: str, problem: str, **parameters: Any) -> None:
        super().__init__(f"{path}: {problem}", path=path, **parameters)
        self.path = path
        self.problem = problem

    def within(self, field: str) -> InvalidConfiguration:
        """Return the same error of a configuration that has this one as a field."""
        return InvalidConfiguration(f"$.{field}{self.path.removeprefix('$')}", self.problem)


class UnknownDocument(Misuse):
    """A stored document has a kind or version that this release cannot read."""

    code = "misuse.document"


class NotFound(Misuse):
    """Nothing is stored under this identity."""

    code = "misuse.not_found"

    def __init__(self, kind: str, identity: str) -> None:
        super().__init__(f"there is no {kind} {identity!r}", kind=kind, identity=identity)


class UnknownSku(Misuse):
    """The shop sells nothing under some of the SKUs; all are listed."""

    code = "misuse.unknown_sku"

    def __init__(self, skus: Iterable[str]) -> None:
        self.skus: tuple[str, ...] = tuple(sorted(skus))
        super().__init__(f"the shop sells no {', '.join(self.skus)}", skus=list(self.skus))


class KeyReused(Misuse):
    """A command key was used before with another payload."""

    code = "misuse.key_reused"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the key {key!r} was used before for another command; "
            "use a new key, or repeat the first command unchanged",
            key=key,
        )


class Refused(OmnicommerceError):
    """The shop's rules say no; ``reasons`` say why and nothing was changed."""

    code = "refused"

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("; ".join(str(reason) for reason in reasons) or "refused")
        self.reasons = reasons


class Conflict(OmnicommerceError):
    """Another unit of work was faster; running this one again may succeed."""

    code = "conflict"


class StaleVersion(Conflict):
    """The aggregate was changed since it was read."""

    code = "conflict.stale_version"

    def __init__(self, kind: str, identity: str, expected: int) -> None:
        super().__init__(
            f"{kind} {identity!r} is no longer at version {expected}",
            kind=kind,
            identity=identity,
            expected=expected,
        )


class AdapterError(OmnicommerceError):
    """A store or outside service failed; ``__cause__`` keeps its own error."""

    code = "adapter"


class StoreUnavailable(AdapterError):
    """The store could not be reached or vanished; nothing of the unit of work was kept."""

    code = "adapter.store_unavailable"


class OutcomeUnknown(AdapterError):
    """The store vanished while committing: everything was kept, or nothing."""

    code = "adapter.outcome_unknown"
