"""A run as one HTML file: the same widget over recorded data, with no kernel, no network and nothing beside it.

Owns the page around the module and what the page may carry. What is data stays data: it travels as JSON with ``<``
escaped, and the page's security policy allows nothing but the script that was written with it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any, Final

from sfnbook.tasks.start_execution import find
from sfnbook.widget.assets import script, style
from sfnbook.widget.traits.child_runs import ChildRuns
from sfnbook.widget.traits.recorder import Caps, Recorder, machine_message, other_message, picture_text, plain
from sfnbook.widget.traits.shapes import NOT_RUN

CAPS: Final = Caps(text=300_000, budget=12_000_000, visits=3_000, events=25_000, links=3_000)
"""More than a live page gets, because nothing can be asked for later."""

CHILD_CAPS: Final = Caps(text=60_000, budget=400_000, visits=400, events=2_000, links=400)
"""What each run that it started gets, and how many of them."""
MOST_CHILD_RUNS: Final = 60

_MOUNT: Final = """
const traits = JSON.parse(document.getElementById("sfn-data").textContent);
const model = { get: (name) => traits[name], set: () => {}, on: () => {}, off: () => {}, send: () => {}, save_changes: () => {} };
render({ model, el: document.getElementById("sfn-host") });
"""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 12px; background: light-dark(#fff, #0b0d10); color: light-dark(#1f2328, #e6edf3); font: 13px/1.45 system-ui, sans-serif; }}
header {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }}
{style}
</style>
</head>
<body>
<header><h1>{title}</h1></header>
<main id="sfn-host"></main>
<noscript><h2>{title}</h2><p>{summary}</p><p>The diagram and the inspector need JavaScript.</p></noscript>
<script type="application/json" id="sfn-data">{data}</script>
<script type="module">{code}</script>
</body>
</html>
"""


def html(machine: Any, run: Any, caps: Caps = CAPS, *, other: Any = None) -> str:
    """Return the page of one run as it stands now; with another run of the machine beside it."""
    title = f"{machine.name} · {run.name}{f' and {other.name}' if other is not None else ''}"
    recorder = Recorder(machine, run, caps)
    live = recorder.live()
    traits = {
        "machine": machine_message(machine),
        "live": live,
        "visits": recorder.visits(),
        "events": recorder.events(),
        "runs": [],
        "child_runs": ChildRuns(machine, run, find=find, caps=CHILD_CAPS, most=MOST_CHILD_RUNS).message(),
        "other": other_message(other, caps) if other is not None else {},
        "pictures": {format: picture_text(machine, format, live["statuses"]) for format in ("mermaid", "dot")},
        "host": {"kernel": False},
    }
    return _page(title, f"{live['status']}{f': {run.error}' if run.error else ''}", traits)


def machine_html(machine: Any) -> str:
    """Return the page of a machine that has not run: its diagram and its definition."""
    traits = {
        "machine": machine_message(machine),
        "live": NOT_RUN,
        "visits": [],
        "events": [],
        "runs": [],
        "child_runs": {},
        "pictures": {format: picture_text(machine, format, {}) for format in ("mermaid", "dot")},
    }
    return _page(machine.name, "not run", {**traits, "host": {"kernel": False}})


def _page(title: str, summary: str, traits: dict[str, Any]) -> str:
    code = script().replace("export default { render };", "").replace("</script", "<\\/script") + _MOUNT
    return _PAGE.format(
        title=escape(plain(title)),
        summary=escape(plain(summary)),
        style=style().replace("</", "<\\/"),
        data=json.dumps(traits, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c"),
        code=code,
        hash=base64.b64encode(hashlib.sha256(code.encode()).digest()).decode(),
    )
