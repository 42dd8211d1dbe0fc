"""The error tree. An error means that nothing happened; a refusal is a value, never an error.

    GatekeeperError
    ├── Invalid        what was sent cannot be used; every fault is listed
    ├── NotFound       there is no such thing, or this caller may not know of it
    ├── NotPermitted   the caller's role or grants do not cover this
    ├── Conflict       it was possible a moment ago, or another person must do it
    └── Unavailable    the evidence, the policy or the database cannot answer: everything is denied

Messages are English sentences marked with ``N_`` and filled from ``values`` only at a door, in the person's language.
"""


def N_(message: str) -> str:  # noqa: N802  (the customary name that message extraction looks for)
    """Mark a sentence for translation without translating it."""
    return message


class Fault:
    """One thing that is wrong with what was sent: a sentence, its values, and the field it is about."""

    __slots__ = ("field", "message", "values")

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        self.message = message
        self.field = field
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message

    def __repr__(self) -> str:
        return f"Fault({str(self)!r}, field={self.field!r})"


class GatekeeperError(Exception):
    """What every expected failure of the product is. ``message`` is translated and filled at the doors."""

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(message)
        self.fault = Fault(message, field=field, **values)

    def __str__(self) -> str:
        return str(self.fault)


class Invalid(GatekeeperError):
    """What was sent cannot be used; ``faults`` says all that is wrong with it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].message, field=faults[0].field, **faults[0].values)
        self.faults = faults

    def __str__(self) -> str:
        return " ".join(map(str, self.faults))


class NotFound(GatekeeperError):
    """There is no such thing, or this caller may not know of it."""


class NotPermitted(GatekeeperError):
    """The caller's role or grants do not cover this."""


class Conflict(GatekeeperError):
    """It was possible a moment ago, or another person must do it."""


class Unavailable(GatekeeperError):
    """The evidence, the policy or the database cannot answer, so nothing is given out."""
