"""The static picture: a laid-out graph and its statuses as one self-contained SVG text.

Owns how the picture looks where no script runs: in a saved notebook, on GitHub, in a report. The same input gives the
same bytes. Colours are written out (no variables), so every viewer of SVG shows them. Knows no run and no page.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping
from html import escape
from typing import Any, Final, Literal, TypeAlias

from sfnbook.diagram.glyphs import PATHS
from sfnbook.diagram.graph import START, edge_id
from sfnbook.diagram.layout import DETAIL_SIZE, GLYPH_ROOM, HEADER, LABEL_LINE, LABEL_SIZE, MARK, NAME_SIZE, PADDING
from sfnbook.diagram.text_width import elide, width

Theme: TypeAlias = Literal["light", "dark", "auto"]

LIGHT: Final = {
    "bg": "#ffffff", "line": "#d8dee4", "text": "#1f2328", "muted": "#59636e", "box": "#f6f8fa", "edge": "#8c959f",
    "taken": "#1f6feb", "on": "#ffffff", "none-f": "#ffffff", "none-s": "#8c959f", "run-f": "#ddf4ff",
    "run-s": "#0969da", "ok-f": "#dafbe1", "ok-s": "#1a7f37", "bad-f": "#ffebe9", "bad-s": "#cf222e",
    "caught-f": "#fff8c5", "caught-s": "#9a6700", "gone-f": "#f6f8fa", "gone-s": "#6e7781", "held-f": "#fbefff",
    "held-s": "#8250df",
}  # fmt: skip
DARK: Final = {
    "bg": "#111418", "line": "#30363d", "text": "#e6edf3", "muted": "#9198a1", "box": "#151a21", "edge": "#6e7681",
    "taken": "#4493f8", "on": "#0d1117", "none-f": "#161b22", "none-s": "#6e7681", "run-f": "#0c2547",
    "run-s": "#4493f8", "ok-f": "#0f3d1f", "ok-s": "#3fb950", "bad-f": "#4b1113", "bad-s": "#f85149",
    "caught-f": "#3b2300", "caught-s": "#d29922", "gone-f": "#1b2028", "gone-s": "#7d8590", "held-f": "#2b1d4a",
    "held-s": "#a371f7",
}  # fmt: skip

TIMES: Final = "\u00d7"

CLASSES: Final = {
    "running": "run",
    "succeeded": "ok",
    "failed": "bad",
    "caught": "caught",
    "aborted": "gone",
    "paused": "held",
}
"""A status and its short name in class names and colours."""

CHANGES: Final = {"added": "add", "removed": "del", "changed": "chg", "moved": "mov"}
"""The same for what became of a state between two versions of a definition; see `sfnbook.convert`."""

_CHANGE_COLOURS: Final = {"add": "ok", "del": "bad", "chg": "caught", "mov": "held"}

_SHORT: Final = {**CLASSES, **CHANGES}

MARKS: Final = {
    "run": "M0 -3.6A3.6 3.6 0 1 1 -3.6 0",
    "ok": "M-3.2 .2L-1 2.5 3.3 -2.2",
    "bad": "M-2.7 -2.7L2.7 2.7M2.7 -2.7L-2.7 2.7",
    "caught": "M0 -3.8V.8M0 3.2V3.7",
    "gone": "M-3.2 0H3.2",
    "held": "M-1.7 -3V3M1.7 -3V3",
    "add": "M0 -3.4V3.4M-3.4 0H3.4",
    "del": "M-3.2 0H3.2",
    "chg": "M-3.4 1C-2 -2 -.8 -1.4 0 0S2 2 3.4 -1",
    "mov": "M-3.4 0H3.2M.6 -2.6L3.2 0 .6 2.6",
}
"""A status's mark, so that its colour is not the only sign; strokes around (0, 0) on a disc of radius 7."""

_ILLEGAL: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")


def svg(
    graph: Mapping[str, Any],
    statuses: Mapping[str, Mapping[str, Any]] | None = None,
    theme: Theme = "light",
    *,
    edges: Mapping[str, int] | None = None,
    unbound: Collection[str] = (),
    title: str = "State machine",
    changed_edges: Mapping[str, str] | None = None,
) -> str:
    """Return the picture of a laid-out graph.

    statuses: as ``live.statuses`` of the widget, by address; of two versions compared: ``status`` is one of `CHANGES`,
    ``title`` says all. changed_edges: which edges were added or removed, by id. edges: how often each edge was taken, by id; derived from
    the statuses where absent. unbound: the addresses of tasks that nothing answers;
    one that a run got an answer for is not marked.
    theme "auto" follows the reader's system.
    """
    known = statuses or {}
    counts = edge_counts(graph, known) if edges is None else dict(edges)
    w, h = graph["width"], graph["height"]
    containers = [node for node in graph["nodes"] if node["kind"] == "container"]
    boxes = [node for node in graph["nodes"] if node["kind"] != "container"]
    lines = sorted(graph["edges"], key=lambda edge: bool(counts.get(edge["id"])))
    compared = changed_edges or {}
    arrows = ["edge", "taken", "caught", *dict.fromkeys(CHANGES[kind] for kind in compared.values())]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:g}" height="{h:g}" viewBox="0 0 {w:g} {h:g}" '
            f'role="img" aria-label="{safe_text(title)}">',
            f"<title>{safe_text(title)}</title>",
            f"<style>{_style(theme, compared=changed_edges is not None)}</style>",
            f"<defs>{''.join(_arrow(kind) for kind in arrows)}</defs>",
            f'<rect class="bg" width="{w:g}" height="{h:g}"/>',
            *(_container(node, known.get(node["id"], {})) for node in containers),
            *(_edge(edge, counts.get(edge["id"], 0), CHANGES.get(compared.get(edge["id"], ""), "")) for edge in lines),
            *(
                _box(node, status := known.get(node["id"], {}), node["id"] in unbound and not answered(status), counts)
                for node in boxes
            ),
            "</svg>",
        ]
    )


def answered(status: Mapping[str, Any]) -> bool:
    """Tell whether something answered a task in a run: it was reached, and did not fail because nothing was found to call."""
    return bool(status.get("status")) and "NotFound" not in str(status.get("note") or "")


def image(picture: str, title: str) -> str:
    """Return an SVG text as an HTML ``img`` with a data URI, which also untrusted notebooks and GitHub show."""
    data = base64.b64encode(picture.encode()).decode()
    return f'<img alt="{safe_text(title)}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'


FRAME: Final = "sfnbook-static"
"""The class of what `framed` returns."""

_SCHEME: Final = (
    f"<style>[data-jp-theme-light=false] .{FRAME} img{{color-scheme:dark}}"
    f"[data-jp-theme-light=true] .{FRAME} img{{color-scheme:light}}</style>"
)
"""JupyterLab's dark themes do not say that they are dark. An image follows its element: where no page says so, light."""


def framed(body: str) -> str:
    """Return HTML for a notebook's output, in which an `image` of theme "auto" is as dark as the page that it stands in."""
    return f'<div class="{FRAME}">{_SCHEME}\n{body}\n</div>'


def edge_counts(graph: Mapping[str, Any], statuses: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Return how often each edge was taken, by edge id, from the statuses' ``edges_out``.

    Where a state can reach another both by Next and by Catch, a caught or failed state took the Catch.
    """
    ids = {edge["id"] for edge in graph["edges"]}
    counts: dict[str, int] = {}
    for source, status in statuses.items():
        for target, count in (status.get("edges_out") or {}).items():
            plain, caught = edge_id(source, target), edge_id(source, target, caught=True)
            by_catch = caught in ids and (plain not in ids or status.get("status") in ("caught", "failed"))
            counts[caught if by_catch else plain] = count
    for edge in graph["edges"]:
        if edge["from"] == START and statuses.get(edge["to"], {}).get("status") in CLASSES:
            counts[edge["id"]] = 1
    return counts


# -- parts ------------------------------------------------------------------------------------------------------------


def safe_text(value: str) -> str:
    """Return a text that XML can hold and that cannot leave its place: escaped, no control or direction characters."""
    return escape(_ILLEGAL.sub("\ufffd", value))


def _style(theme: Theme, *, compared: bool) -> str:
    def colours(of: Mapping[str, str]) -> str:
        return _colours(of) + (_change_colours(of) if compared else "")

    if theme == "auto":
        return f"{_FIXED}{colours(LIGHT)}@media(prefers-color-scheme:dark){{{colours(DARK)}}}"
    return _FIXED + colours(DARK if theme == "dark" else LIGHT)


def _change_colours(colours: Mapping[str, str]) -> str:
    rules = []
    for name, like in _CHANGE_COLOURS.items():
        fill, stroke = colours[f"{like}-f"], colours[f"{like}-s"]
        rules.append(f".{name}>.s{{fill:{fill};stroke:{stroke}}}.box.{name}>.s{{fill:{colours['box']}}}")
        rules.append(f".{name}>.disc{{fill:{stroke}}}.e.{name}{{stroke:{stroke}}}.a-{name}{{fill:{stroke}}}")
    return "".join(rules) + ".del>.s,.e.del{stroke-dasharray:4 3}.del>.n{text-decoration:line-through}"


_FIXED: Final = (
    'text{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;unicode-bidi:isolate}'
    f".n{{font-size:{NAME_SIZE}px}}.d{{font-size:{DETAIL_SIZE}px}}.l{{font-size:{LABEL_SIZE}px}}"
    ".h{font-weight:600}.c{text-anchor:middle}.r{text-anchor:end}"
    ".s{stroke-width:1.4}.gone>.s{stroke-dasharray:4 3}.e{fill:none;stroke-width:1.3}.e.t,.e.tc{stroke-width:2.2}"
    ".e.catch{stroke-dasharray:5 3}.e.tc{stroke-dasharray:none}.lane{fill:none;stroke-dasharray:3 3}"
    ".m{fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}"
    ".g{fill:none;stroke-width:1.15;stroke-linecap:round;stroke-linejoin:round}"
    ".x{font-size:10px;font-weight:600;paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
)


def _colours(colours: Mapping[str, str]) -> str:
    rules = [
        ".bg{{fill:{bg}}}text{{fill:{text}}}.d,.l{{fill:{muted}}}.g{{stroke:{muted}}}.x{{fill:{run-s};stroke:{bg}}}.lane{{stroke:{line}}}.box>.s{{fill:{box}}}",
        ".e{{stroke:{edge}}}.e.t{{stroke:{taken}}}.e.tc{{stroke:{caught-s}}}.m{{stroke:{on}}}.unbound{{fill:{bad-s}}}",
        ".a-edge{{fill:{edge}}}.a-taken{{fill:{taken}}}.a-caught{{fill:{caught-s}}}.track{{fill:{line}}}",
        ".start>.s{{fill:{taken};stroke:{taken}}}.start>text{{fill:{on}}}.box .k{{fill:{muted}}}",
        ".s{{fill:{none-f};stroke:{none-s}}}",
    ]
    for name in ("run", "ok", "bad", "caught", "gone", "held"):
        fill, stroke = colours[f"{name}-f"], colours[f"{name}-s"]
        rules.append(f".{name}>.s{{{{fill:{fill};stroke:{stroke}}}}}.box.{name}>.s{{{{fill:{colours['box']}}}}}")
        rules.append(f".{name}>.disc,.{name}>.bar{{{{fill:{stroke}}}}}")
    return "".join([rules[4], *rules[:4], *rules[5:]]).format_map(colours)


def _arrow(kind: str) -> str:
    return (
        f'<marker id="a-{kind}" viewBox="0 0 8 8" refX="7.2" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" '
        f'markerHeight="9" orient="auto"><path class="a-{kind}" d="M0 .6L8 4L0 7.4z"/></marker>'
    )


def _edge(edge: Mapping[str, Any], count: int, change: str) -> str:
    caught = edge["kind"] == "catch"
    state, arrow = ("", "edge") if not count else (" tc", "caught") if caught else (" t", "taken")
    if change:
        state, arrow = f" {change}", change
    start, *rest = edge["points"]
    curve = f"M{_point(start)}C{' '.join(_point(point) for point in rest)}"
    path = f'<path class="e {edge["kind"]}{state}" d="{curve}" marker-end="url(#a-{arrow})"/>'
    if not edge["label_at"]:
        return path + _times(edge["points"], count)
    x, y = edge["label_at"]
    lines = edge["label"].split("\n")
    top = y - LABEL_LINE * (len(lines) - 1) / 2 + LABEL_SIZE * 0.36
    texts = "".join(
        f'<text class="l" x="{x:g}" y="{top + LABEL_LINE * index:.1f}">{safe_text(line)}</text>'
        for index, line in enumerate(lines)
    )
    if count > 1:
        after = x + width(lines[-1], LABEL_SIZE) + 5
        texts += f'<text class="x" x="{after:.1f}" y="{top + LABEL_LINE * (len(lines) - 1):.1f}">{TIMES}{count}</text>'
    return f"<g><title>{safe_text(edge['title'])}</title>{path}{texts}</g>"


def _times(points: list[list[float]], count: int) -> str:
    """Return how often an edge was taken, beside its end; nothing for once."""
    if count < 2:
        return ""
    t = 0.55
    shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum(share * point[axis] for share, point in zip(shares, points[-4:], strict=True)) for axis in (0, 1))
    return f'<text class="x" x="{x + 6:.1f}" y="{y + 3:.1f}">{TIMES}{count}</text>'


def _glyph(node: Mapping[str, Any], x: float, y: float) -> tuple[str, float]:
    """Return a node's glyph and the room that it takes from the text beside it."""
    path = PATHS.get(node.get("glyph", ""), "")
    if not path:
        return "", 0
    return f'<path class="g" transform="translate({x:g} {y:g})scale(.92)" d="{path}"/>', GLYPH_ROOM


def _point(point: list[float]) -> str:
    return f"{point[0]:g} {point[1]:g}"


def _box(node: Mapping[str, Any], status: Mapping[str, Any], unbound: bool, counts: Mapping[str, int]) -> str:
    x, y, w, h = node["x"], node["y"], node["w"], node["h"]
    if node["kind"] in ("start", "end"):
        reached = node["kind"] == "end" and any(key.endswith(f" {node['id']}") for key in counts)
        kind = "start" if node["kind"] == "start" or reached else "end"
        return (
            f'<g class="{kind}"><rect class="s" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{h / 2:g}"/>'
            f'<text class="d c" x="{x + w / 2:g}" y="{y + h / 2 + 3.8:g}">{node["name"]}</text></g>'
        )
    short = _SHORT.get(str(status.get("status")), "")
    visits = f"{TIMES}{status['visits']}" if status.get("visits", 0) > 1 else ""
    room = w - 2 * PADDING - (MARK - 8 if short else 0) - (width(visits, DETAIL_SIZE) + 4 if visits else 0)
    detail = str(status.get("note") or node["detail"])
    glyph, shift = _glyph(node, x + PADDING, y + 27)
    left = w - 2 * PADDING - shift - (8 if unbound else 0)
    brief = detail if width(detail, DETAIL_SIZE) <= left else _STANDING.sub(_marked, detail)
    parts = [
        f'<g class="{short}"><title>{safe_text(node["name"])}\n{safe_text(str(status.get("title") or detail))}</title>',
        f'<rect class="s" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="8"/>',
        f'<text class="n" x="{x + PADDING:g}" y="{y + 20:g}">{safe_text(elide(node["name"], room, NAME_SIZE))}</text>',
        glyph,
        f'<text class="d" x="{x + PADDING + shift:g}" y="{y + 36:g}">'
        f"{safe_text(elide(brief, left, DETAIL_SIZE))}</text>",
    ]
    if visits:
        parts.append(f'<text class="d r" x="{x + w - (26 if short else PADDING):g}" y="{y + 19.5:g}">{visits}</text>')
    if unbound:
        parts.append(f'<circle class="unbound" cx="{x + w - 14:g}" cy="{y + h - 14:g}" r="4"/>')
    return "".join([*parts, *_mark(short, x + w - 15, y + 15), "</g>"])


_STANDING: Final = re.compile(r"(?<=\d )(succeeded|failed|running|caught|aborted)\b,?")
_WORD_MARKS: Final = {"succeeded": "✓", "failed": "✕", "running": "●", "caught": "↷", "aborted": "⊘"}


def _marked(found: re.Match[str]) -> str:
    """Return a mark for the word in "12 succeeded, 3 failed of 15", where there is no room for it."""
    return _WORD_MARKS[found[1]]


def _mark(short: str, x: float, y: float) -> Iterator[str]:
    if short:
        yield f'<circle class="disc" cx="{x:g}" cy="{y:g}" r="7"/>'
        yield f'<path class="m" transform="translate({x:g} {y:g})" d="{MARKS[short]}"/>'


def _container(node: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    x, y, w, h = node["x"], node["y"], node["w"], node["h"]
    short = _SHORT.get(str(status.get("status")), "")
    count = counter(status)
    right = x + w - PADDING - (MARK - 4 if short else 0)
    glyph, shift = _glyph(node, x + PADDING, y + 14)
    start = x + PADDING + shift
    room = right - start - (width(count, DETAIL_SIZE) + 12 if count else 0)
    detail = " · ".join(filter(None, (node["detail"], str(status.get("note") or ""))))
    name = elide(node["name"], room, NAME_SIZE, bold=True)
    used = width(name, NAME_SIZE, bold=True) + 10
    shown = elide(detail, room - used, DETAIL_SIZE) if room - used > 40 else ""
    parts = [
        f'<g class="box {short}"><title>{safe_text(node["name"])}\n{safe_text(str(status.get("title") or detail))}</title>',
        f'<rect class="s" x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="10"/>',
        glyph,
        f'<text x="{start:g}" y="{y + 24:g}"><tspan class="n h">{safe_text(name)}</tspan>',
        f'<tspan class="d k" dx="8">{safe_text(shown)}</tspan></text>' if shown else "</text>",
    ]
    if count:
        parts.append(f'<text class="d r" x="{right:g}" y="{y + 23.5:g}">{safe_text(count)}</text>')
        parts += _progress(status, x + PADDING, y + HEADER - 7, w - 2 * PADDING)
    parts += [
        f'<rect class="lane" x="{lane["x"]:g}" y="{lane["y"]:g}" width="{lane["w"]:g}" height="{lane["h"]:g}" rx="8"/>'
        for lane in (node["lanes"] if len(node["lanes"]) > 1 else ())
    ]
    return "".join([*parts, *_mark(short, x + w - 20, y + 20), "</g>"])


def counter(status: Mapping[str, Any]) -> str:
    """Return a Map's count in words, "" where there is none.

    >>> counter({"done": 3, "failed": 1, "total": 10})
    '3 of 10 done · 1 failed'
    """
    if not status.get("total"):
        return ""
    failed = f" · {status['failed']} failed" if status.get("failed") else ""
    return f"{status.get('done', 0)} of {status['total']} done{failed}"


def _progress(status: Mapping[str, Any], x: float, y: float, w: float) -> Iterator[str]:
    done = w * min(1, status.get("done", 0) / status["total"])
    failed = w * min(1, (status.get("failed") or 0) / status["total"])
    yield f'<rect class="track" x="{x:g}" y="{y:g}" width="{w:g}" height="2.5" rx="1.2"/>'
    if done:
        yield f'<g class="ok"><rect class="bar" x="{x:g}" y="{y:g}" width="{done:.1f}" height="2.5" rx="1.2"/></g>'
    if failed:
        yield (
            f'<g class="bad"><rect class="bar" x="{x + done:.1f}" y="{y:g}" width="{min(failed, w - done):.1f}" '
            'height="2.5" rx="1.2"/></g>'
        )
