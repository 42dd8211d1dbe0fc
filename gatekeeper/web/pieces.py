"""Small pictures of a report's numbers: where the bars, lines and labels of a figure lie. The template draws them as SVG."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from gatekeeper.rules.wording.tables import number_of

WIDTH, HEIGHT = 360, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 356.0, 12.0, 186.0
_TICKS = 4
_MOST_BARS = 8
_MOST_LABELS = 6
_GAP = 0.3  # of the place that a point has


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``series`` counts from one and gives the colour."""

    series: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the points of an SVG polyline."""

    series: int
    points: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure: few points stand as bars on the zero line, many as lines. Labels and ticks are (place, text)."""

    left: float
    right: float
    zero: float
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    labels: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, str], ...]
    legend: tuple[str, ...]


def draw(table: Mapping[str, Any]) -> Figure:
    """Draw a table of numbers as ``files.prepare`` keeps it."""
    rows = table["rows"]
    values = [[number_of(cell) or 0.0 for cell in row[1:]] for row in rows]
    as_bars = len(rows) <= _MOST_BARS
    every = [value for row in values for value in row]
    ticks = _ticks(min([*every, 0.0] if as_bars else every), max([*every, 0.0] if as_bars else every))

    def height(value: float) -> float:
        return round(_BOTTOM - (value - ticks[0]) / (ticks[-1] - ticks[0]) * (_BOTTOM - _TOP), 1)

    step = (_RIGHT - _LEFT) / len(rows)
    middles = [round(_LEFT + step * (place + 0.5), 1) for place in range(len(rows))]
    zero = height(min(max(0.0, ticks[0]), ticks[-1]))
    tops = [[height(value) for value in row] for row in values]
    seldom = ceil(len(rows) / _MOST_LABELS)
    return Figure(
        left=_LEFT,
        right=_RIGHT,
        zero=zero,
        bars=tuple(_bars(tops, step, zero)) if as_bars else (),
        lines=() if as_bars else tuple(_lines(tops, middles)),
        labels=tuple((middles[place], row[0]) for place, row in enumerate(rows) if place % seldom == 0),
        ticks=tuple((height(value), f"{value:g}") for value in ticks),
        legend=tuple(table["columns"][1:]),
    )


def is_number(cell: str) -> bool:
    """Whether a cell is to stand under the other numbers of its column."""
    return number_of(cell) is not None


def _ticks(least: float, most: float) -> list[float]:
    """Round values from below the least to above the most."""
    if least == most:
        least, most = min(least, 0.0), max(most, 0.0) or least + 1.0
    rough = (most - least) / _TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = floor(least / step), ceil(round(most / step, 6))
    return [round(place * step, 10) for place in range(first, last + 1)]


def _bars(tops: Sequence[Sequence[float]], step: float, zero: float) -> Iterator[Bar]:
    for place, row in enumerate(tops):
        width = step * (1 - _GAP) / len(row)
        for number, top in enumerate(row):
            x = _LEFT + step * (place + _GAP / 2) + width * number
            yield Bar(number + 1, round(x, 1), min(top, zero), round(width * 0.94, 1), max(round(abs(zero - top), 1), 0.5))


def _lines(tops: Sequence[Sequence[float]], middles: Sequence[float]) -> Iterator[Line]:
    for number in range(len(tops[0])):
        yield Line(number + 1, " ".join(f"{x},{row[number]}" for x, row in zip(middles, tops, strict=True)))
