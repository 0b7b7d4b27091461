"""The kernel's side of the editor: what the JupyterLab extension asks about a cell while somebody types in it.

One comm (`TARGET`) for each page. A question is ``{"id", "what", "text", ...}`` with the cell's whole text; offsets are in
UTF-16 units, as the page counts. ``look`` answers with diagnostics and the picture; nothing of the cell is run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import InputError
from sfnbook.query.scope import ABSENT
from sfnbook.workspace import Workspace, is_blank

if TYPE_CHECKING:
    from sfnbook.language.definition import Definition

TARGET: Final = "sfnbook.editor"
_FIRST: Final = re.compile(r"\s*%%(?:statemachine|sfn_exercise|sfn_check)\b([^\n]*)\n")
_EXPRESS: Final = re.compile(r"--type[ =]EXPRESS\b")
_MOST: Final = 200
"""Proposals that a list shows at most."""


def register(workspace: Workspace) -> None:
    """Answer the pages of this kernel; does nothing where there is no kernel."""
    try:
        from comm import get_comm_manager
    except ImportError:
        return
    editor = Editor(workspace)

    def opened(comm: Any, _: Mapping[str, Any]) -> None:
        workspace.completed_by_page = True
        comm.on_msg(lambda message: comm.send(editor.answer(message["content"]["data"])))

    get_comm_manager().register_target(TARGET, opened)


class Editor:
    """Answers questions about the text of a cell."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._questions: dict[str, Callable[[_Cell, Mapping[str, Any]], dict[str, Any]]] = {
            "look": self._look,
            "complete": self._complete,
            "hover": self._hover,
            "references": self._references,
            "rename": self._rename,
        }

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a question, with its id. What is not known is answered with ``error``; never raises."""
        said: dict[str, Any] = {"id": question.get("id")}
        ask = self._questions.get(str(question.get("what")))
        if ask is None:
            return {**said, "error": f"The kernel's sfnbook does not know {question.get('what')}."}
        try:
            return {**said, **ask(_Cell(str(question.get("text", ""))), question)}
        except InputError as error:
            return {**said, "error": str(error)}
        except Exception as error:  # the door: a fault here must not print into somebody's cell
            return {**said, "error": f"{type(error).__name__}: {error}"}

    def _look(self, cell: _Cell, question: Mapping[str, Any]) -> dict[str, Any]:
        from sfnbook.language import reader
        from sfnbook.language.draft import draft
        from sfnbook.lint.settings import levels_for

        if is_blank(cell.body):
            return {"diagnostics": [], "picture": None}
        context = services().Context(type=cell.type, levels=levels_for())  # what else is known is for completion
        found = services().diagnostics(cell.body, context)
        drawn = draft(reader.read(cell.body))
        if drawn is not None:
            found += self._unbound(cell, drawn)
        wanted = drawn if question.get("draw") else None
        picture = _picture(cell, wanted, str(question.get("theme"))) if wanted is not None else None
        return {"diagnostics": [_shown(cell, one) for one in found], "picture": picture}

    def _unbound(self, cell: _Cell, drawn: Definition) -> list[Any]:
        """Return the tasks that nothing in the notebook answers; none where that is said by options of the cell's line."""
        from sfnbook.editor.unbound import unbound
        from sfnbook.tasks.registry import Registry

        machine = self.workspace.machines.get(cell.name)
        if machine is not None:
            return unbound(cell.body, drawn, machine.bindings)
        if cell.binds:
            return []
        bindings = Registry(self.workspace.namespace)
        for resource, target in self.workspace.bindings.items():
            bindings.add(resource, target)
        return unbound(cell.body, drawn, bindings)

    def _complete(self, cell: _Cell, question: Mapping[str, Any]) -> dict[str, Any]:
        at = int(question["offset"])
        found = services().completions(cell.body, cell.inside(at), self._context(cell))
        start, end = cell.span(found[0]["range"]) if found else (at, at)
        items = [
            {
                "label": one["label"],
                "insert": one["newText"],
                "kind": one["kind"],
                "help": "\n\n".join(words for words in (one["detail"], one["documentation"]) if words),
            }
            for one in found
            if cell.span(one["range"]) == (start, end)  # JupyterLab's completer replaces one piece for all
        ]
        return {"from": start, "to": end, "items": items[:_MOST]}

    def _hover(self, cell: _Cell, question: Mapping[str, Any]) -> dict[str, Any]:
        found = services().hover(cell.body, cell.inside(int(question["offset"])))
        return {"help": found["text"] if found is not None else ""}

    def _references(self, cell: _Cell, question: Mapping[str, Any]) -> dict[str, Any]:
        at = cell.inside(int(question["offset"]))
        place = services().definition(cell.body, at)
        found = [cell.span(one) for one in services().references(cell.body, at)]
        return {
            "name": services().name_at(cell.body, at),
            "definition": {"from": cell.span(place)[0]} if place is not None else None,
            "references": [{"from": start, "to": end} for start, end in found],
        }

    def _rename(self, cell: _Cell, question: Mapping[str, Any]) -> dict[str, Any]:
        edits = services().rename(cell.body, cell.inside(int(question["offset"])), str(question.get("name", "")))
        return {"edits": [cell.edit(one) for one in edits]}

    def _context(self, cell: _Cell) -> Any:
        """What the notebook knows besides the text: functions and bindings, and the data of the machine's last run."""
        namespace = self.workspace.namespace or {}
        resources = {
            name: "function of this notebook"
            for name, value in list(namespace.items())
            if inspect.isfunction(value) and not name.startswith("_")
        }
        resources |= dict.fromkeys(self.workspace.bindings, "bound here")
        machine = self.workspace.machines.get(cell.name)
        run = machine.runs[-1] if machine is not None and machine.runs else None
        visits = [visit for visit in (run.visits if run is not None else ()) if visit.input is not ABSENT]
        inputs = {visit.name: visit.input for visit in visits}
        results = {
            visit.name: visit.attempts[-1].output
            for visit in visits
            if visit.attempts and visit.attempts[-1].output is not ABSENT
        }
        return services().Context(type=cell.type, resources=resources, inputs=inputs, results=results)


class _Cell:
    """A cell's text, and where its definition begins. Offsets to the page are counted in UTF-16 units."""

    def __init__(self, text: str) -> None:
        first = _FIRST.match(text)
        self.text = text
        self.start = first.end() if first is not None else 0
        self.body = text[self.start :]
        self.type = "EXPRESS" if first is not None and _EXPRESS.search(first[1]) else "STANDARD"
        self.binds = first is not None and "--bind" in first[1]
        words = first[1].split() if first is not None else []
        self.name = words[0].strip("\"'") if words else ""
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

    def span(self, place: Mapping[str, Any]) -> tuple[int, int]:
        """Return a range of the body as the page's offsets in the cell."""
        start, end = (
            services().offset_at(self.body, place[side]["line"], place[side]["character"]) for side in ("start", "end")
        )
        return self.outside(start), self.outside(end)

    def edit(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """Return an edit of the body as the page makes it."""
        start, end = self.span(one["range"])
        return {"from": start, "to": end, "insert": one["newText"]}


def services() -> Any:
    """Return `sfnbook.editor.services`, loaded when somebody types."""
    from sfnbook.editor import services

    return services


def _shown(cell: _Cell, one: Mapping[str, Any]) -> dict[str, Any]:
    start, end = cell.span(one["range"])
    message = str(one["message"])
    return {
        "from": start,
        "to": end,
        "severity": one["level"],
        "rule": f"{one['code']} {one['name']}",
        "message": message if message.endswith((".", "!", "?")) else f"{message}.",
        "hint": one["hint"],
        "fixes": [{"title": fix["title"], "edits": [cell.edit(edit) for edit in fix["edits"]]} for fix in one["fixes"]],
    }


def _picture(cell: _Cell, definition: Definition, theme: str) -> dict[str, Any]:
    from sfnbook.diagram.graph import graph
    from sfnbook.diagram.layout import layout
    from sfnbook.diagram.svg import svg
    from sfnbook.language.outline import machines

    drawn = layout(graph(definition))
    outlines = {state.address: state for machine in machines(cell.body) for state in machine.walk()}
    states = [
        {
            "name": outlines[node["id"]].name,
            "x": node["x"],
            "y": node["y"],
            "width": node["w"],
            "height": node["h"] if node["kind"] != "container" else min(node["h"], 40),
            "from": cell.outside(outlines[node["id"]].entry.span.start),
            "to": cell.outside(outlines[node["id"]].entry.span.end),
        }
        for node in drawn["nodes"]
        if node["id"] in outlines
    ]
    return {
        "svg": svg(drawn, theme="dark" if theme == "dark" else "light"),
        "width": drawn["width"],
        "height": drawn["height"],
        "states": states,
    }
