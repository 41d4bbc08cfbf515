"""Engines that run on Node: a process each, which prices when asked and measures itself.

They are installed with ``npm install --prefix benchmarks/peers``. What is stubbed of
each stands at the head of its ``.cjs`` file.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["ENGINES", "NodeEngine", "installed", "missing"]

HERE: Final = Path(__file__).parent
INSTALL: Final = "npm install --prefix benchmarks/peers"

ENGINES: Final = {
    "@vendure/core": ("vendure.cjs", "OrderCalculator"),
    "@medusajs/promotion": ("medusa.cjs", "computeActions"),
}
"""The npm package of each engine, its script, and what of it is measured."""


def missing(package: str) -> str | None:
    """Say what has to be installed before this engine can run; None: nothing."""
    if shutil.which("node") is None:
        return f"{package} is not measured: needs Node 20 or later, then `{INSTALL}`"
    if installed(package) is None:
        return f"{package} is not measured: needs `{INSTALL}`"
    return None


def installed(package: str) -> str | None:
    """Return the version of a package that npm installed, if it did."""
    manifest = HERE / "node_modules" / package / "package.json"
    if not manifest.is_file():
        return None
    version: str = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    return version


class NodeEngine:
    """One engine in a process of its own, with one basket loaded at a time."""

    def __init__(self, package: str) -> None:
        script, self.measured = ENGINES[package]
        self._process = subprocess.Popen(  # noqa: S603 - a script of this directory
            [shutil.which("node") or "node", "--no-warnings", str(HERE / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        """Give the engine."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def load(self, basket: dict[str, Any]) -> dict[str, Any]:
        """Load basket and promotions, and return what one calculation gave."""
        return self._ask({"load": basket})

    def per_call(self, count: int) -> tuple[float, float]:
        """Price the basket so many times; return microseconds of CPU and wall time per call."""
        spent = self._ask({"run": count})
        return spent["cpu"] / count, spent["wall"] / count

    def warm_up(self, seconds: float) -> None:
        """Run for so much CPU time, so that the compiler has seen what is hot."""
        spent, count = 0.0, 1
        while spent < seconds:
            spent += self.per_call(count)[0] * count / 1e6
            count = min(2 * count, 10_000)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.measured} ended with {process.wait()}; see stderr")
        answer: dict[str, Any] = json.loads(line)
        return answer
