"""One table for all that is measured: each row printed as it is found, as text to read or as Markdown to keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEADS = ("operation", "figure", "p50", "p99", "errors", "ratio", "target", "")
_WIDTHS = (76, 16, 11, 11, 8, 8, 8)


@dataclass(frozen=True)
class Row:
    """One figure. With a ``target`` it is held against it: at least so much, or ``at_most``.

    ``errors`` counts what must not be: failed requests, other ids, lost entries. None of them is ever a matter of speed.
    """

    what: str
    figure: str = ""
    p50: str = ""
    p99: str = ""
    errors: int = 0
    ratio: float | None = None
    target: float | None = None
    at_most: bool = False

    @property
    def verdict(self) -> str:
        if self.ratio is None or self.target is None:
            return ""
        return "met" if (self.ratio <= self.target if self.at_most else self.ratio >= self.target) else "short"

    @property
    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}" if self.ratio < 10 else f"{self.ratio:,.1f}"
        target = "" if self.target is None else f"{'≤' if self.at_most else '≥'} {self.target:g}"
        return self.what, self.figure, self.p50, self.p99, str(self.errors), ratio, target, self.verdict


class Table:
    """What was found so far, and how much of it is wrong."""

    def __init__(self, *, markdown: bool = False) -> None:
        self.rows: list[Row] = []
        self._markdown = markdown

    @property
    def wrong(self) -> int:
        return sum(each.errors for each in self.rows)

    def begin(self, title: str, *notes: str) -> None:
        """The head of a table of its own."""
        if self._markdown:
            print(f"\n## {title}\n", *(f"{note}\n" for note in notes), sep="\n")
            self._print(HEADS)
            print("|---|--:|--:|--:|--:|--:|--:|---|", flush=True)
        else:
            print(f"\n{title}", *(f"  {note}" for note in notes), sep="\n")
            self._print(HEADS)
            print("-" * sum(_WIDTHS), flush=True)

    def add(self, *rows: Row) -> None:
        for row in rows:
            self.rows.append(row)
            self._print(row.cells)

    def grid(self, title: str, heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> None:
        """A table of its own: a line for each row by its name, a column for each head."""
        lines = [("operation", *heads), *((name, *cells) for name, cells in rows.items())]
        if self._markdown:
            lines.insert(1, ("---", *("--:" for _ in heads)))
            print(f"\n**{title}**\n", *(f"| {' | '.join(line)} |" for line in lines), sep="\n", flush=True)
        else:
            wide = max(len(head) for head in heads) + 2
            told = ("".join([f"{name:<{_WIDTHS[0]}}", *(f"{cell:>{wide}}" for cell in cells)]) for name, *cells in lines)
            print(f"\n{title}", *told, sep="\n", flush=True)

    def say(self, line: str) -> None:
        """A word beside the figures: in Markdown none, since it would end the table."""
        if not self._markdown:
            print(f"  {line}", flush=True)

    def _print(self, cells: tuple[str, ...]) -> None:
        if self._markdown:
            print(f"| {' | '.join(cells)} |", flush=True)
        else:
            what, *numbers, verdict = cells
            right = (f"{cell:>{width}}" for cell, width in zip(numbers, _WIDTHS[1:], strict=True))
            print(f"{what:<{_WIDTHS[0]}}", *right, f"  {verdict}", sep="", flush=True)
