"""A shop's configuration as a directory of files.

Every ``*.json`` of the directory holds some of the configuration's top-level keys
(``{"promotions": […], "stacking": {…}}``), or is named after one of them and holds
its value (``promotions.json`` with a list). Price rows may lie in ``rows.csv`` with
a column for each field, or in ``rows.jsonl`` with an object on each line, gzipped or
not. Each key is in one file only. Folders below are not looked into.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import attrs

from omnicommerce.checkout.configuration import Shop, ShopConfiguration
from omnicommerce.cli.shop_places import FilePlace, place_in
from omnicommerce.cli.shop_rows import ROW_FILES, read_rows
from omnicommerce.kernel import documents
from omnicommerce.kernel.errors import InvalidConfiguration
from omnicommerce.pricing.model import PricingConfiguration

__all__ = ["ShopFiles", "load_pricing", "load_shop", "read_shop"]

_PRICING: Final = frozenset(field.name for field in attrs.fields(PricingConfiguration))
_SHOP: Final = frozenset(field.name for field in attrs.fields(ShopConfiguration))
_KNOWN: Final = _PRICING | _SHOP
_KEY: Final = re.compile(r"\$\.(\w+)(.*)", re.DOTALL)


@attrs.frozen(kw_only=True)
class ShopFiles:
    """What the files of a directory say, and which file says what.

    Attributes:
        document: The top-level keys of all files together.
        files: The file of each of them.
        whole: Keys that are all that their file holds, under the file's own name.
    """

    document: Mapping[str, Any]
    files: Mapping[str, Path]
    whole: frozenset[str] = frozenset()

    @property
    def is_whole_shop(self) -> bool:
        """Whether it says more than prices: channels, locations and so on."""
        return bool(self.document.keys() & (_SHOP - _PRICING))

    def pricing(self) -> PricingConfiguration:
        """Return prices and promotions, with the products of the catalogue as pricing sees them.

        Raises:
            InvalidConfiguration: Something is malformed; the error names file and path,
                and lists all that is wrong.
        """
        return self.pricing_of(self.load())

    def pricing_of(self, loaded: ShopConfiguration | PricingConfiguration) -> PricingConfiguration:
        """Return the prices of what `load` returned.

        Raises:
            InvalidConfiguration: As `pricing`.
        """
        if isinstance(loaded, PricingConfiguration):
            return loaded
        try:
            return Shop(loaded).book.configuration
        except InvalidConfiguration as error:
            raise self.placed(error) from None

    def load(self) -> ShopConfiguration | PricingConfiguration:
        """Return the whole shop, or only its prices if the files say no more.

        Raises:
            InvalidConfiguration: As `pricing`.
        """
        try:
            if self.is_whole_shop:
                return self.shop()
            return documents.load(PricingConfiguration, dict(self.document))
        except InvalidConfiguration as error:
            raise self.placed(error) from None

    def shop(self) -> ShopConfiguration:
        """Return the whole shop.

        Raises:
            InvalidConfiguration: Something is malformed.
        """
        document = {key: value for key, value in self.document.items() if key in _SHOP}
        own = {k: v for k, v in self.document.items() if k in _PRICING and k not in _SHOP}
        inner = document.get("pricing", {})
        twice = sorted(own.keys() & inner.keys()) if isinstance(inner, dict) else []
        if twice:
            file = self.files["pricing"].name
            raise InvalidConfiguration(f"$.{twice[0]}", f"is in {file} $.pricing, too")
        if isinstance(inner, dict):
            document["pricing"] = {"products": [], **own, **inner}
        return documents.load(ShopConfiguration, document)

    def place(self, path: str) -> FilePlace:
        """Return the file, and where in it, that a path of the configuration stands for."""
        inner = path.replace("$.pricing.", "$.", 1)
        found = _KEY.fullmatch(inner)
        key = "" if found is None else found[1]
        if found is not None and key in self.files:
            prefix = "$" if key in self.whole else f"$.{key}"
            return place_in(self.files[key], f"{prefix}{found[2]}", shown=inner)
        if "pricing" in self.files:
            within = inner.replace("$", "$" if "pricing" in self.whole else "$.pricing", 1)
            return place_in(self.files["pricing"], within, shown=path)
        return FilePlace(None, path)

    def placed(self, error: InvalidConfiguration) -> InvalidConfiguration:
        """Return the error with the files that it is in."""
        said = error.message.removeprefix(f"{error.path}: ")
        problems = error.parameters.get("problems") or [(error.path, said)]
        named = [(self._named(path), problem) for path, problem in problems]
        return InvalidConfiguration(
            self._named(error.path), said, problems=named, paths=list(problems)
        )

    def _named(self, path: str) -> str:
        place = self.place(path)
        return place.path if place.file is None else f"{place.file.name} {place.path}"

    @cached_property
    def directory(self) -> Path:
        """Where the files lie."""
        return next(iter(self.files.values())).parent


def load_shop(directory: Path) -> ShopConfiguration | PricingConfiguration:
    """Return what a directory configures: a whole shop, or only its prices.

    Raises:
        InvalidConfiguration: Something is malformed; the error names file and path.
    """
    return read_shop(directory).load()


def load_pricing(directory: Path) -> PricingConfiguration:
    """Return the prices and promotions of a directory.

    Raises:
        InvalidConfiguration: Something is malformed; the error names file and path.
    """
    return read_shop(directory).pricing()


def read_shop(directory: Path) -> ShopFiles:
    """Read the files of a directory.

    Raises:
        InvalidConfiguration: There is none, one is no JSON, has an unknown key, or a
            key that another one has, too.
    """
    document: dict[str, Any] = {}
    files: dict[str, Path] = {}
    whole: set[str] = set()
    for path in sorted(directory.iterdir()):
        for key, value, is_all in _keys_of(path):
            if key in files:
                problem = f"{key!r} is in {files[key].name} already"
                raise InvalidConfiguration(f"{path.name} $.{key}", problem)
            document[key], files[key] = value, path
            if is_all:
                whole.add(key)
    if not files:
        raise InvalidConfiguration(str(directory), "holds no configuration: no *.json is there")
    return ShopFiles(document=document, files=files, whole=frozenset(whole))


def _keys_of(path: Path) -> Iterator[tuple[str, Any, bool]]:
    """Yield each key of a file with its value, and whether that is all that the file holds."""
    if path.name in ROW_FILES:
        yield "rows", read_rows(path), True
        return
    if path.suffix != ".json" or not path.is_file():
        return
    data = _parsed(path)
    if isinstance(data, dict) and data.keys() & _KNOWN and path.stem not in data.keys() - _KNOWN:
        for key, value in data.items():
            if key not in _KNOWN:
                raise InvalidConfiguration(f"{path.name} $.{key}", _unknown(key))
            yield key, value, False
    elif path.stem in _KNOWN:
        yield path.stem, data, True
    else:
        problem = f"neither names nor is a part of a configuration; known are {sorted(_KNOWN)}"
        raise InvalidConfiguration(path.name, problem)


def _unknown(key: str) -> str:
    near = get_close_matches(key, sorted(_KNOWN), n=1)
    if near:
        return f"is not known here; did you mean {near[0]!r}?"
    return f"there is no such part of a configuration; known are {sorted(_KNOWN)}"


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"), object_pairs_hook=_unique)
    except ValueError as error:
        raise InvalidConfiguration(path.name, f"is no JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse objects that say the same key twice: JSON would keep the last one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return found
