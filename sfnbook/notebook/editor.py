"""The kernel's side of the editor: what the JupyterLab extension asks about a cell while somebody types in it.

One comm (`TARGET`) for each page. A question is ``{"id", "what", "text", ...}`` with the cell's whole text; offsets are in
UTF-16 units, as the page counts. ``look`` answers with diagnostics and the picture; nothing of the cell is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sfnbook.workspace import Workspace, is_blank

if TYPE_CHECKING:
    from sfnbook.language.definition import Definition
    from sfnbook.language.diagnostics import Diagnostic
    from sfnbook.language.reader import Reading

TARGET: Final = "sfnbook.editor"
_FIRST: Final = re.compile(r"\s*%%(?:statemachine|sfn_exercise|sfn_check)\b([^\n]*)\n")
_EXPRESS: Final = re.compile(r"--type[ =]EXPRESS\b")
_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[^\s,{}\[\]]+|.', re.DOTALL)


def register(workspace: Workspace) -> None:
    """Answer the pages of this kernel; does nothing where there is no kernel."""
    try:
        from comm import get_comm_manager
    except ImportError:
        return
    editor = Editor(workspace)

    def opened(comm: Any, _: Mapping[str, Any]) -> None:
        comm.on_msg(lambda message: comm.send(editor.answer(message["content"]["data"])))

    get_comm_manager().register_target(TARGET, opened)


class Editor:
    """Answers questions about the text of a cell."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._questions: dict[str, Callable[[_Cell, Mapping[str, Any]], dict[str, Any]]] = {"look": self._look}

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a question, with its id. What is not known is answered with ``error``; never raises."""
        said: dict[str, Any] = {"id": question.get("id")}
        ask = self._questions.get(str(question.get("what")))
        if ask is None:
            return {**said, "error": f"The kernel's sfnbook does not know {question.get('what')}."}
        try:
            return {**said, **ask(_Cell(str(question.get("text", ""))), question)}
        except Exception as error:  # the door: a fault here must not print into somebody's cell
            return {**said, "error": f"{type(error).__name__}: {error}"}

    def _look(self, cell: _Cell, question: Mapping[str, Any]) -> dict[str, Any]:
        from sfnbook.language import reader
        from sfnbook.language.draft import draft
        from sfnbook.lint.check import check

        if is_blank(cell.body):
            return {"diagnostics": [], "picture": None}
        reading = reader.read(cell.body)
        found = [_shown(cell, one) for one in check(reading, type=cell.type)]
        definition = draft(reading) if question.get("draw") else None
        return {
            "diagnostics": found,
            "picture": _picture(cell, reading, definition, str(question.get("theme")))
            if definition is not None
            else None,
        }


class _Cell:
    """A cell's text, and where its definition begins. Offsets to the page are counted in UTF-16 units."""

    def __init__(self, text: str) -> None:
        first = _FIRST.match(text)
        self.text = text
        self.start = first.end() if first is not None else 0
        self.body = text[self.start :]
        self.type = "EXPRESS" if first is not None and _EXPRESS.search(first[1]) else "STANDARD"
        self._wide = not text.isascii() and max(text) > "\uffff"

    def outside(self, offset: int) -> int:
        """Return the page's offset in the cell for one in the body."""
        at = self.start + offset
        return at if not self._wide else len(self.text[:at].encode("utf-16-le")) // 2

    def inside(self, offset: int) -> int:
        """Return the offset in the body for the page's."""
        if self._wide:
            offset = len(self.text.encode("utf-16-le")[: offset * 2].decode("utf-16-le", "ignore"))
        return max(0, offset - self.start)


def _shown(cell: _Cell, one: Diagnostic) -> dict[str, Any]:
    from sfnbook.language.source import Source
    from sfnbook.lint.fixes import fixes

    source = Source(cell.body)
    start = source.offset(one.line, one.column) if one.line is not None and one.column is not None else 0
    token = _TOKEN.match(cell.body, start)
    made = fixes(cell.body, [one])
    return {
        "from": cell.outside(start),
        "to": cell.outside(token.end() if token is not None and one.line is not None else start),
        "severity": one.severity.lower(),
        "rule": one.rule,
        "message": one.message if one.message.endswith((".", "!", "?")) else f"{one.message}.",
        "hint": one.hint,
        "fixes": [
            {
                "title": f"Write {fix.new.strip()}" if fix.old else f"Add {fix.new.strip()}",
                "edits": [{"from": cell.outside(fix.span.start), "to": cell.outside(fix.span.end), "insert": fix.new}],
            }
            for fix in made
        ],
    }


def _picture(cell: _Cell, reading: Reading, definition: Definition, theme: str) -> dict[str, Any]:
    from sfnbook.diagram.graph import graph
    from sfnbook.diagram.layout import layout
    from sfnbook.diagram.svg import svg

    drawn = layout(graph(definition))
    names = {state.address: state for state in definition.machine.walk()}
    states = []
    for node in drawn["nodes"]:
        state = names.get(node["id"])
        place = reading.places.get(_path(node["id"])) if state is not None else None
        if state is not None and place is not None:
            start = place.key.start if place.key is not None else place.value.start
            states.append(
                {
                    "name": state.name,
                    **{side: node[side] for side in ("x", "y")},
                    "width": node["w"],
                    "height": node["h"] if node["kind"] != "container" else min(node["h"], 40),
                    "from": cell.outside(start),
                    "to": cell.outside(place.value.end),
                }
            )
    return {
        "svg": svg(drawn, theme="dark" if theme == "dark" else "light"),
        "width": drawn["width"],
        "height": drawn["height"],
        "states": states,
    }


def _path(address: str) -> tuple[str | int, ...]:
    """Return the path of a state in the text.

    >>> _path("/States/P/Branches/0/States/A~1B")
    ('States', 'P', 'Branches', 0, 'States', 'A/B')
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in address.split("/")[1:]]
    return tuple(
        int(part) if before == "Branches" and part.isdigit() else part
        for before, part in zip(["", *parts], parts, strict=False)
    )
