"""Charts as SVG, drawn by the server: no script and no style of its own, so that the strictest policy for content lets it stand.

Widths are parts of a hundred and heights are pixels: bars stretch with the page while letters keep their size, on a phone as on
paper. What a chart says is told by place, length and words; colour only repeats it. Under each chart stands its table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

_TITLE, _PLOT, _GAP, _FOOT = 22, 72, 18, 20
_ROW, _BAR = 44, 14
_HEAD, _CELL, _SIDE, _LEFT = 26, 62, 34, 24
_LABELS = 5
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart is called and what it shows, for whoever cannot see it. ``id`` is its name on the page."""

    id: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Series:
    """One row of columns: its CSS name, its title, and a count for each column."""

    name: str
    title: str
    counts: Sequence[int]


def columns(words: Words, series: Sequence[Series], labels: Sequence[str]) -> Markup:
    """Rows of columns above one another, one column a day. Each row has its own scale, whose top is written at its right."""
    parts, top = [], 0
    for each in series:
        parts.append(_columns(each, top, labels))
        top += _TITLE + _PLOT + _GAP
    count = len(labels)
    shown = sorted({round(n * (count - 1) / (_LABELS - 1)) for n in range(_LABELS)})
    for n in shown:
        anchor = "start" if n == 0 else "end" if n == count - 1 else "middle"
        place = 0.0 if n == 0 else 100.0 if n == count - 1 else (n + 0.5) / count * 100
        kind = "" if n in (0, count - 1) else "between"
        parts.append(_text(labels[n], place, top, anchor=anchor, kind=kind))
    return _svg(words, top + _FOOT - _GAP, parts)


def _columns(series: Series, top: int, labels: Sequence[str]) -> Markup:
    most = _ceiling(max(series.counts, default=0))
    width = 100 / max(len(series.counts), 1)
    base = top + _TITLE + _PLOT
    parts = [_text(series.title, 0, top + 14), _text(f"{most:,}", 100, top + 14, anchor="end", kind="soft")]
    parts += [_line(top + _TITLE, "grid"), _line(base, "axis")]
    for n, count in enumerate(series.counts):
        if count:
            height = max(_PLOT * count / most, 1.5)
            parts.append(
                Markup(
                    '<rect class="mark-{}" x="{:.3f}%" y="{:.1f}" width="{:.3f}%" height="{:.1f}"><title>{}: {}</title></rect>'
                ).format(series.name, (n + 0.1) * width, base - height, width * 0.8, height, labels[n], f"{count:,}")
            )
    return Markup("").join(parts)


def bars(words: Words, rows: Sequence[tuple[str, int]], name: str) -> Markup:
    """Lying bars, each under its own words, with its number at the right."""
    most = max((count for _, count in rows), default=0) or 1
    parts = []
    for n, (label, count) in enumerate(rows):
        top = n * _ROW
        parts += [_text(label, 0, top + 16), _text(f"{count:,}", 100, top + 16, anchor="end")]
        parts.append(
            Markup('<rect class="mark-{}" x="0" y="{}" width="{:.3f}%" height="{}"/>').format(
                name, top + 22, max(100 * count / most, 0.3), _BAR
            )
        )
    return _svg(words, len(rows) * _ROW, parts)


def grid(
    words: Words,
    rows: Sequence[tuple[str, str]],
    heads: Sequence[tuple[str, str]],
    cells: Mapping[tuple[str, str], tuple[int, int]],
) -> Markup:
    """A square for each row and column, as large as its count; its dark part, from below, is the second count's share."""
    most = max((count for count, _ in cells.values()), default=0) or 1
    width = (100 - _LEFT) / max(len(heads), 1)
    parts = [_text(label, _LEFT + (n + 0.5) * width, 14, anchor="middle") for n, (_, label) in enumerate(heads)]
    for m, (row, label) in enumerate(rows):
        top = _HEAD + m * _CELL
        parts += [_line(top, "grid"), _text(label, 0, top + _CELL / 2)]
        for n, (head, _) in enumerate(heads):
            count, part = cells.get((row, head), (0, 0))
            if count:
                parts.append(_square(_LEFT + (n + 0.5) * width, top, count, part, most))
    return _svg(words, _HEAD + len(rows) * _CELL + 2, parts)


def _square(place: float, top: float, count: int, part: int, most: int) -> Markup:
    side = max(_SIDE * (count / most) ** 0.5, 3)
    dark = side * part / count
    floor_ = _SIDE + 6
    return Markup(
        '<svg class="cell" x="{:.3f}%" y="{}" overflow="visible">'
        '<rect class="mark-whole" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
        '<rect class="mark-part" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
        '<text x="0" y="{}" text-anchor="middle">{}</text></svg>'
    ).format(
        place, top, -side / 2, floor_ - side, side, side, -side / 2, floor_ - dark, side, dark, floor_ + 14, f"{count:,}"
    )  # fmt: skip


def _svg(words: Words, height: float, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" role="img" width="100%" height="{}" aria-labelledby="{}-title {}-description">'
        '<title id="{}-title">{}</title><desc id="{}-description">{}</desc>{}</svg>'
    ).format(height, words.id, words.id, words.id, words.title, words.id, words.description, Markup("").join(parts))


def _text(text: str, x: float, y: float, *, anchor: str = "start", kind: str = "") -> Markup:
    class_ = Markup(' class="{}"').format(kind) if kind else Markup("")
    return Markup('<text{} x="{:.2f}%" y="{:.0f}" text-anchor="{}">{}</text>').format(class_, x, y, anchor, text)


def _line(y: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(kind, y, y)


def _ceiling(most: int) -> int:
    """The top of a scale: a round number that is not much higher than the highest column."""
    if most < 1:
        return 1
    power = int(10 ** floor(log10(most)))
    return next(step * power for step in _STEPS if step * power >= most)
