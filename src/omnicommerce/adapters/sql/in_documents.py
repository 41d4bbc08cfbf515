"""Look into stored documents where a query needs one text of each and not all of them."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

__all__ = ["StatusOf"]

_STATUS: Final = {
    "sqlite": "json_extract({document}, '$.body.status')",
    "postgresql": "CAST({document} AS json) #>> '{{body,status}}'",
    "mysql": "JSON_VALUE({document}, '$.body.status')",
    "mariadb": "JSON_VALUE({document}, '$.body.status')",
}


class StatusOf(FunctionElement[str]):
    """The ``status`` in a column of documents, read by the database."""

    type: sa.types.TypeEngine[str] = sa.Text()
    inherit_cache: bool | None = True


@compiles(StatusOf)
def _compile(element: StatusOf, compiler: Any, **options: Any) -> str:
    document = compiler.process(element.clauses, **options)
    return _STATUS[compiler.dialect.name].format(document=document)
