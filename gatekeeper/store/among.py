"""Whether a column has one of several values, which travel as one: so a statement with this condition can be prepared.

PostgreSQL takes an array, SQLite a text of JSON. SQLAlchemy's own has a parameter for each, and so a statement for each length.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Dialect, String, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine


class _Several(TypeDecorator[Sequence[Any]]):
    """Several values of a column's type."""

    impl = String
    cache_ok = True

    def __init__(self, each: TypeEngine[Any]) -> None:
        super().__init__()
        self._each = each

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array where there are arrays."""
        return dialect.type_descriptor(ARRAY(self._each) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """The values as they travel."""
        return value if dialect.name == "postgresql" else json.dumps(value)


class among(ColumnElement[bool]):  # noqa: N801  (reads as a function of SQL)
    """Whether a column has one of the values that are given under a name."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Any, name: str) -> None:
        self.column = column
        self.values = bindparam(name, type_=_Several(column.type))


@compiles(among, "sqlite")
def _in_json(element: among, compiler: SQLCompiler, **how: Any) -> str:
    values = compiler.process(element.values, **how)
    return f"{compiler.process(element.column, **how)} IN (SELECT value FROM json_each({values}))"  # noqa: S608  (a parameter)


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **how: Any) -> str:
    return f"{compiler.process(element.column, **how)} = ANY ({compiler.process(element.values, **how)})"
