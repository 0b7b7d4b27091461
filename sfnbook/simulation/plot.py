"""A simulation as a picture: how long the runs take, with percentiles, and below it where the time goes. Pure SVG."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from sfnbook.diagram.svg import safe_text

BARS: Final = 40
MOST_ROWS: Final = 8
"""So many states of those where the time goes are shown."""

_WIDTH: Final = 640
_LEFT: Final = 12
_PLOT: Final = _WIDTH - 2 * _LEFT
_TOP: Final = 78
_WORDS: Final = 38
_HIGH: Final = 110
_ROW: Final = 22
_LABEL: Final = 230

_LIGHT: Final = "svg{--bar:#0969da;--mark:#bc4c00;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0}"
_DARK: Final = "svg{--bar:#4493f8;--mark:#f0883e;--ink:#f0f6fc;--soft:#9198a1;--line:#3d444d}"
_STYLE: Final = (
    f"{_LIGHT}@media(prefers-color-scheme:dark){{{_DARK}}}"
    "text{font:12px system-ui,sans-serif;fill:var(--ink)}.s{fill:var(--soft)}.b{fill:var(--bar)}"
    ".l{stroke:var(--line)}.m{stroke:var(--mark);stroke-width:1.5}.p{fill:var(--mark)}"
)


def seconds_text(seconds: float) -> str:
    """Return a duration in words.

    >>> seconds_text(0.25), seconds_text(12.345), seconds_text(900), seconds_text(200_000)
    ('250 ms', '12.35 s', '15.0 min', '55.6 h')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 600:
        return f"{seconds:.2f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 36_000 else f"{seconds / 3600:,.1f} h"


def plot(name: str, seconds: Sequence[float], percentiles: Mapping[int, float], time: Mapping[str, float]) -> str:
    """Return the picture as SVG. seconds: of each run, sorted. time: seconds a run, by what takes it, the longest first."""
    rows = list(time.items())[:MOST_ROWS]
    height = _TOP + _HIGH + 34 + (len(rows) * _ROW + 26 if rows else 0)
    parts = [
        f'<text x="{_LEFT}" y="16">{safe_text(_title(name, seconds))}</text>',
        *_bars(seconds),
        *_marks(seconds, percentiles),
        *_rows(rows, sum(time.values()), _TOP + _HIGH + 46),
    ]
    label = safe_text(f"Durations of the runs of {name}, and where the time goes")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{label}"><style>{_STYLE}</style>{"".join(parts)}</svg>'
    )


def _title(name: str, seconds: Sequence[float]) -> str:
    return f"{name if len(name) <= 50 else name[:49] + '…'}: {len(seconds):,} runs"


def _place(value: float, low: float, high: float) -> float:
    """Where a duration stands, in pixels; in the middle where all are the same."""
    return _LEFT + (_PLOT * (value - low) / (high - low) if high > low else _PLOT / 2)


def _bars(seconds: Sequence[float]) -> list[str]:
    low, high = seconds[0], seconds[-1]
    count = BARS if high > low else 1
    step = (high - low) / count
    ends = [*(bisect_right(seconds, low + step * (number + 1)) for number in range(count - 1)), len(seconds)]
    counts = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    width = _PLOT / BARS
    parts = [f'<line class="l" x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{_TOP + _HIGH}" y2="{_TOP + _HIGH}"/>']
    for number, found in enumerate(counts):
        if found:
            tall = max(1.0, _HIGH * found / max(counts))
            x = _LEFT + number * width if count > 1 else _LEFT + (_PLOT - width) / 2
            parts.append(
                f'<rect class="b" x="{x:.1f}" y="{_TOP + _HIGH - tall:.1f}" width="{width - 1:.1f}" height="{tall:.1f}">'
                f"<title>{seconds_text(low + step * number)} to {seconds_text(low + step * (number + 1))}: {found:,} runs"
                "</title></rect>"
            )
    y = _TOP + _HIGH + 16
    parts.append(f'<text class="s" x="{_LEFT}" y="{y}">{seconds_text(low)}</text>' if high > low else "")
    middle = "end" if high > low else "middle"
    x = _WIDTH - _LEFT if high > low else _WIDTH / 2
    parts.append(f'<text class="s" x="{x}" y="{y}" text-anchor="{middle}">{seconds_text(high)}</text>')
    return parts


def _marks(seconds: Sequence[float], percentiles: Mapping[int, float]) -> list[str]:
    """Lines at the percentiles, their words above the bars; below each other where they would touch."""
    parts, taken = [], [-1_000.0, -1_000.0, -1_000.0]
    for percent, value in percentiles.items():
        x = _place(value, seconds[0], seconds[-1])
        words = f"p{percent} {seconds_text(value)}"
        wide = 7.0 * len(words)
        end = x + wide > _WIDTH - _LEFT
        start = x - wide if end else x
        row = next((number for number, right in enumerate(taken) if start > right), len(taken) - 1)
        taken[row] = start + wide + 8
        y = _WORDS + row * 15
        parts.append(
            f'<line class="m" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 10}" y2="{_TOP + _HIGH}"/>'
            f'<text class="p" x="{x + (-4 if end else 4):.1f}" y="{y}" text-anchor="{"end" if end else "start"}">{words}</text>'
        )
    return parts


def _rows(rows: Sequence[tuple[str, float]], total: float, y: int) -> list[str]:
    if not rows:
        return []
    parts = [f'<text class="s" x="{_LEFT}" y="{y - 6}">Where the time goes, a run</text>']
    room = _PLOT - _LABEL - 130
    for number, (what, seconds) in enumerate(rows):
        base = y + number * _ROW
        words = what if len(what) <= 34 else what[:33] + "…"
        wide = max(1.0, room * seconds / rows[0][1])
        parts.append(
            f'<text x="{_LEFT + _LABEL - 8}" y="{base + 15}" text-anchor="end">{safe_text(words)}</text>'
            f'<rect class="b" x="{_LEFT + _LABEL}" y="{base + 4}" width="{wide:.1f}" height="14">'
            f"<title>{safe_text(what)}</title></rect>"
            f'<text class="s" x="{_LEFT + _LABEL + wide + 6:.1f}" y="{base + 15}">'
            f"{seconds_text(seconds)}, {seconds / total:.0%}</text>"
        )
    return parts
