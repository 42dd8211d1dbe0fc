"""Several texts as one, made at one go: of fifteen texts joined two by two each is copied many times."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

SEPARATOR = "/"


class JoinedText(FunctionElement[str]):
    """Texts, none of them NULL, with ``SEPARATOR`` between them."""

    type = String()
    inherit_cache = True


@compiles(JoinedText)
def _joined(element: Any, compiler: Any, **how: Any) -> str:
    return f"concat_ws('{SEPARATOR}', {compiler.process(element.clauses, **how)})"


@compiles(JoinedText, "sqlite")
def _printed(element: Any, compiler: Any, **how: Any) -> str:
    form = SEPARATOR.join(["%s"] * len(element.clauses))
    return f"printf('{form}', {compiler.process(element.clauses, **how)})"
