"""Times as a Markdown table, and as a bar chart in SVG on a logarithmic scale.

The chart is light or dark as the reader has set it, and has no script.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT = 840, 232, 70
_TOP, _BOTTOM = 88, 34
_BAR, _GAP, _TITLE, _SPACE = 15, 6, 26, 14  # heights, from the top of a group to its end
_DECADES = 3  # the scale goes from 1 to 10 to this power

_STYLE = """
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
       fill: #3d444d; stroke: #ffffff; stroke-width: 3px; paint-order: stroke }
.page { fill: #ffffff }
.title { font-size: 15px; font-weight: 600; fill: #1f2328 }
.group, text.ours { font-weight: 600; fill: #1f2328 }
.soft { font-size: 11px; fill: #656d76 }
.end { text-anchor: end } .middle { text-anchor: middle }
.grid { stroke: #d8dee4 } .reference { stroke: #9a6700; stroke-dasharray: 3 3 }
text.mark { font-size: 11px; fill: #9a6700 }
rect.peer { fill: #afb8c1 } rect.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #c9d1d9; stroke: #0d1117 } .page { fill: #0d1117 }
  .title, .group, text.ours { fill: #f0f6fc } .soft { fill: #9198a1 }
  .grid { stroke: #3d444d } .reference { stroke: #d29922 } text.mark { fill: #d29922 }
  rect.peer { fill: #656c76 } rect.ours { fill: #4493f8 }
}"""


@dataclass(frozen=True)
class Row:
    """A command: its times in milliseconds by size, and its peak memory in bytes."""

    label: str
    times: dict[int, float]
    peak: int
    ours: bool


def report(where: str, lines: Iterable[str], goals: Iterable[str]) -> str:
    """The whole Markdown page."""
    about = f"Whole processes, every command in turn: {where}."
    more = "Numbers in brackets are multiples of a bare Python. Written by `make bench`."
    parts = ["# Benchmark", f"{about}\n{more}", "\n".join(lines), "Goals:", "\n".join(goals)]
    return "\n\n".join(parts) + "\n"


def table(rows: Iterable[Row], sizes: Sequence[int], bare: float) -> Iterator[str]:
    """Lines of a Markdown table, every time also as a multiple of `bare`."""
    yield f"| command | {' | '.join(f'{size:,}' for size in sizes)} credentials | peak memory |"
    yield "|---|" + "--:|" * (len(sizes) + 1)
    for row in rows:
        times = [row.times.get(size) for size in sizes]
        cells = [f"{milliseconds(t)} ({t / bare:.1f} x)" if t else "" for t in times]
        yield f"| {' | '.join([row.label, *cells])} | {row.peak / 2**20:.0f} MiB |"


def chart(title: str, note: str, rows: Sequence[Row], sizes: Sequence[int], bare: float) -> str:
    """The chart as an SVG document, a group of bars for each size."""
    groups = [(size, [row for row in rows if size in row.times]) for size in sizes]
    height = _TOP + sum(_height(len(members)) for _, members in groups) + _BOTTOM
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">',
        f"<style>{_STYLE}\n</style>",
        f'<rect width="{_WIDTH}" height="{height}" rx="6" class="page"/>',
        _text(16, 28, title, "title"),
        _text(16, 47, note, "soft"),
        *_scale(height - _BOTTOM, bare),
    ]
    top = _TOP
    for number, members in groups:
        lines += _group(f"{number:,} credential{'s' * (number > 1)}", members, number, top)
        top += _height(len(members))
    return "\n".join([*lines, "</svg>", ""])


def milliseconds(value: float) -> str:
    """A time as it is shown everywhere: two digits, or three from 100 ms on."""
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def _x(value: float) -> float:
    share = math.log10(max(value, 1)) / _DECADES
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x}" y="{y}" class="{style}">{escape(text)}</text>'


def _line(x: float, bottom: int, style: str) -> str:
    return f'<line x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{bottom}" class="{style}"/>'


def _height(bars: int) -> int:
    return _TITLE + bars * (_BAR + _GAP) + _SPACE


def _scale(bottom: int, bare: float) -> Iterator[str]:
    for power in range(_DECADES + 1):
        x = _x(10**power)
        yield _line(x, bottom, "grid")
        yield _text(x, bottom + 17, f"{10**power:,} ms", "soft middle")
    yield _line(_x(bare), bottom, "reference")
    yield _text(_x(bare), _TOP - 12, f"bare Python, {milliseconds(bare)}", "mark middle")


def _group(title: str, rows: list[Row], size: int, top: int) -> Iterator[str]:
    yield _text(16, top + 13, title, "group")
    for number, row in enumerate(rows):
        y, end = top + _TITLE + number * (_BAR + _GAP), _x(row.times[size])
        style, width = "ours" if row.ours else "peer", round(max(end - _LEFT, 2), 1)
        yield _text(_LEFT - 10, y + 12, row.label, f"{style} end")
        yield f'<rect x="{_LEFT}" y="{y}" width="{width}" height="{_BAR}" rx="2" class="{style}"/>'
        yield _text(end + 6, y + 12, milliseconds(row.times[size]), style)
