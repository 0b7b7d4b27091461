"""Coverage in words, as a picture, as an HTML page, as JSON, and as Markdown with a Mermaid diagram."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from sfnbook.coverage.collect import Coverage
from sfnbook.coverage.items import END, KINDS, Item, Kind
from sfnbook.diagram.graph import END as END_NODE
from sfnbook.diagram.graph import START, edge_id, graph
from sfnbook.diagram.layout import layout
from sfnbook.diagram.mermaid import mermaid
from sfnbook.diagram.svg import Theme, framed, image, svg
from sfnbook.language.definition import Address, name_at
from sfnbook.language.definition import escape as escape_name

_PLURAL: Final[dict[Kind, str]] = {
    "state": "states",
    "transition": "transitions",
    "rule": "rule outcomes",
    "catcher": "catchers",
    "retrier": "retriers",
    "map": "Map cases",
    "branch": "JSONata branches",
}


def _kinds(found: Iterable[Coverage]) -> tuple[Kind, ...]:
    """Return the kinds that are shown: JSONata's branches only where there are any."""
    there = any(one.counts("branch")[1] for one in found)
    return KINDS if there else tuple(kind for kind in KINDS if kind != "branch")


_STYLES: Final = {
    "covered": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "partly": "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "missed": "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
}


def text(found: Sequence[Coverage]) -> str:
    """Return a table of the machines' coverage, and below it what is missing, state by state."""
    kinds = _kinds(found)
    head = ("machine", "runs", *(_PLURAL[kind] for kind in kinds), "coverage")
    rows = [head, *(_row(one, kinds) for one in found)]
    if len(found) > 1:
        rows.append(_total(found, kinds))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    for one in found:
        if one.missing:
            lines += ["", f"{one.name}: not covered", *(f"  {line}" for line in missing_lines(one))]
    return "\n".join(lines)


def missing_lines(coverage: Coverage) -> list[str]:
    """Return a line for each state that is not wholly covered: ``Charge: Catch[0] → Refund, Retry[0]``."""
    by_state: dict[Address, list[Item]] = {}
    for item in coverage.missing:
        by_state.setdefault(item.address, []).append(item)
    lines = []
    for address, lacking in by_state.items():
        never = any(item.kind == "state" for item in lacking)
        what = "never entered" if never else ", ".join(item.text for item in lacking)
        lines.append(f"{name_at(address)}: {what}")
    return lines


def _row(one: Coverage, kinds: Sequence[Kind]) -> tuple[str, ...]:
    return (one.name, f"{one.runs:,}", *(_share(*one.counts(kind)) for kind in kinds), percent_text(one.percent))


def _total(found: Sequence[Coverage], kinds: Sequence[Kind]) -> tuple[str, ...]:
    sums = [[sum(part) for part in zip(*(one.counts(kind) for one in found), strict=True)] for kind in kinds]
    runs = sum(one.runs for one in found)
    return ("total", f"{runs:,}", *(_share(done, all) for done, all in sums), percent_text(total_percent(found)))


def _share(done: int, total: int) -> str:
    return f"{done}/{total}" if total else "-"


def total_percent(found: Iterable[Coverage]) -> float:
    """Return the share of items covered over several machines, 0 to 100."""
    counts = [one.counts() for one in found]
    total = sum(total for _, total in counts)
    return 100.0 * sum(done for done, _ in counts) / total if total else 100.0


def percent_text(percent: float) -> str:
    """Return a percentage without decimals; only what is whole is called 100 %.

    >>> percent_text(99.7)
    '99 %'
    """
    return f"{int(percent)} %"


def state_classes(coverage: Coverage) -> dict[Address, str]:
    """Return for each state ``covered``, ``partly`` or ``missed``."""
    found: dict[Address, str] = {}
    for item in coverage.items:
        hit = bool(coverage.hits[item])
        if item.kind == "state":
            found[item.address] = "covered" if hit else "missed"
        elif not hit and found.get(item.address) == "covered":
            found[item.address] = "partly"
    return found


def edge_counts(coverage: Coverage) -> Counter[str]:
    """Return how often each edge of the diagram was taken, by the edge's id."""
    counts: Counter[str] = Counter()
    for item, count in coverage.hits.items():
        if item.kind in ("transition", "catcher"):
            home = item.address.rpartition("/States/")[0]
            target = END_NODE if item.to == END and item.what == "End" else f"{home}/States/{escape_name(item.to)}"
            counts[edge_id(item.address, target, caught=item.kind == "catcher")] += count
    starts = coverage.definition.machine
    counts[edge_id(START, f"/States/{escape_name(starts.start_at)}")] = coverage.runs
    return counts


def picture(coverage: Coverage, theme: Theme = "light") -> str:
    """Return the diagram as SVG: green for a covered state, amber for one in part, no colour for one never entered."""
    as_status = {"covered": "succeeded", "partly": "caught"}
    visits = {item.address: count for item, count in coverage.hits.items() if item.kind == "state"}
    statuses = {
        address: {"status": as_status[name], "visits": visits.get(address, 1)}
        for address, name in state_classes(coverage).items()
        if name in as_status
    }
    drawn = layout(graph(coverage.definition))
    return svg(drawn, statuses, theme, edges=edge_counts(coverage), title=f"Coverage of {coverage.name}")


def mermaid_diagram(coverage: Coverage) -> str:
    """Return the diagram as Mermaid's text, coloured by coverage."""
    return mermaid(graph(coverage.definition), state_classes(coverage), _STYLES)


def markdown(found: Sequence[Coverage]) -> str:
    """Return the report as Markdown for a pull request or ``$GITHUB_STEP_SUMMARY``, with a Mermaid diagram each."""
    kinds = _kinds(found)
    head = ("State machine", "Runs", *(_PLURAL[kind][0].upper() + _PLURAL[kind][1:] for kind in kinds), "Coverage")
    lines = [_cells(head), _cells(["---", *["---:"] * (len(head) - 1)]), *(_cells(_row(one, kinds)) for one in found)]
    if len(found) > 1:
        lines.append(_cells(_total(found, kinds)))
    for one in found:
        lines += ["", f"<details><summary>{escape(one.name)}: {percent_text(one.percent)}</summary>", ""]
        lines += ["```mermaid", mermaid_diagram(one).rstrip(), "```", ""]
        lines += [f"- {escaped(line)}" for line in missing_lines(one)] or ["Everything is covered."]
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def as_json(found: Sequence[Coverage]) -> str:
    """Return the report for programs: ``{"percent", "machines": [{"name", "runs", "percent", "items", "missing"}]}``."""
    machines = [
        {
            "name": one.name,
            "runs": one.runs,
            "percent": one.percent,
            "items": {kind: dict(zip(("covered", "total"), one.counts(kind), strict=True)) for kind in KINDS},
            "missing": missing_lines(one),
        }
        for one in found
    ]
    return json.dumps({"percent": total_percent(found), "machines": machines}, indent=2, ensure_ascii=False)


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def escaped(text: str) -> str:
    """Return a text as Markdown shows it, also in a table's cell."""
    text = " ".join(text.splitlines())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`").replace("*", "\\*")


def html_for_notebook(coverage: Coverage) -> str:
    """Return one machine's diagram and table as HTML, as dark as the notebook's page."""
    return framed(html_fragment(coverage))


def html_fragment(coverage: Coverage) -> str:
    """Return one machine's diagram and table as a part of an HTML page."""
    rows = "".join(f"<li>{escape(line)}</li>" for line in missing_lines(coverage))
    missing = f"<details open><summary>Not covered</summary><ul>{rows}</ul></details>" if rows else ""
    table = "".join(
        f"<tr><td>{escape(_PLURAL[kind])}</td><td style='text-align:right'>{_share(*coverage.counts(kind))}</td></tr>"
        for kind in KINDS
        if coverage.counts(kind)[1]
    )
    title = f"<p><b>{escape(coverage.name)}</b>: {percent_text(coverage.percent)} in {coverage.runs:,} runs</p>"
    return f"{title}{image(picture(coverage, 'auto'), f'Coverage of {coverage.name}')}<table>{table}</table>{missing}"


def html_page(found: Sequence[Coverage]) -> str:
    """Return one self-contained HTML page with the machines' coverage."""
    parts = "".join(f"<section>{html_fragment(one)}</section>" for one in found)
    style = "body{font:14px system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color-scheme:light dark}"
    style += "section{margin-bottom:3em}td{padding:.1em .8em .1em 0}img{max-width:100%}"
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>State machine coverage</title>"
        f"<style>{style}</style><h1>State machine coverage: {percent_text(total_percent(found))}</h1>{parts}</html>"
    )
