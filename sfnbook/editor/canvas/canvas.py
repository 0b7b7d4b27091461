"""The kernel's side of editing on the diagram: answers what the page asks, and says what it is to show.

Holds one `EditingSession`. Reads and writes the file that the definition came from; what becomes of an applied text
(a cell, a machine of the notebook) is passed in.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sfnbook.diagram.graph import END, START, edge_id
from sfnbook.editor import services
from sfnbook.editor.canvas import palette
from sfnbook.editor.canvas.actions import Arguments
from sfnbook.editor.canvas.forms import form, value_of
from sfnbook.editor.canvas.session import EditingSession
from sfnbook.editor.unbound import unbound
from sfnbook.errors import InputError, SfnbookError
from sfnbook.language import edits as changes
from sfnbook.language import reader
from sfnbook.language.definition import Address, Definition, Machine, name_at
from sfnbook.language.diagnostics import Diagnostic
from sfnbook.language.draft import draft
from sfnbook.language.edges import Spot, spots, state_at_address
from sfnbook.language.outline import machines, state_at
from sfnbook.language.source import Source
from sfnbook.lint.settings import levels_for
from sfnbook.machine import MachineType, StateMachine, TaskInfo, tasks_of
from sfnbook.tasks.registry import Registry
from sfnbook.widget.traits.machine import machine_message
from sfnbook.widget.traits.shapes import EditingMessage, FindingMessage, MachineMessage, SpotMessage
from sfnbook.widget.traits.value import plain


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a definition's text came from. line: the cell's first line; file: None where the cell holds the text."""

    text: str
    line: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A machine whose text may have errors, as far as it can be drawn. It cannot run."""

    name: str
    type: MachineType
    _definition: Definition
    bindings: Registry
    diagnostics: tuple[Diagnostic, ...] = ()

    def tasks(self) -> list[TaskInfo]:
        """Return the Task states with what answers each as far as the text tells."""
        return tasks_of(self._definition, self.bindings)


def unfinished(
    name: str,
    text: str,
    diagnostics: Iterable[Diagnostic],
    *,
    type: MachineType | None,
    last: StateMachine | None,
    namespace: Mapping[str, Any] | None,
) -> Unfinished:
    """Return what there is of a machine whose text was refused: its own picture, else that of the last good text.

    type: STANDARD, or the last one's, where it is None. last: the machine that the name stood for before. namespace: where
    functions are looked up where there is none.
    """
    own = draft(reader.read(text))
    if own is None:
        empty = Machine("", {}, "", "JSONPath", {})
        own = Definition(empty if last is None else last._definition.machine, text)
    bindings = Registry(namespace) if last is None else last.bindings
    return Unfinished(name, type or (last.type if last is not None else "STANDARD"), own, bindings, tuple(diagnostics))


CLOSED: Final[EditingMessage] = {"open": False}


def editable(text: str) -> bool:
    """Tell whether a text can be edited by its diagram: a definition itself, no template with one or more in it."""
    found = machines(text)
    return len(found) == 1 and not found[0].path


def mendable(text: str) -> bool:
    """Tell whether a text that was refused can be mended here: a definition, or what may become one."""
    return editable(text) or (not machines(text) and not reader.read(text).ok)


class Canvas:
    """A machine whose text the page edits.

    deliver: takes the text of a cell that the page could not write itself, and says what becomes of it. define: makes
    the text the machine that the notebook knows by its name and returns it; raises SfnbookError where it has errors.
    """

    def __init__(
        self,
        machine: StateMachine | Unfinished,
        origin: Origin,
        *,
        deliver: Callable[[str], str],
        define: Callable[[str], StateMachine],
    ) -> None:
        self.machine = machine
        self.origin = origin
        self.deliver = deliver
        self.define = define
        self.open = False
        self.session = EditingSession(origin.text)
        self._applied = origin.text
        self._on_disk = origin.text
        self._earlier: list[StateMachine | Unfinished] = []
        self._last: MachineMessage | None = None
        """The last machine that could be drawn."""
        self._context = services.Context(type=machine.type, levels=levels_for())

    def message(self) -> EditingMessage:
        """Return the trait ``editing``."""
        if not self.open:
            return CLOSED
        text, session = self.session.text, self.session
        definition = draft(reader.read(text))
        if definition is not None:
            self._last = self._drawn(text, definition)
        return {
            "open": True,
            "text": plain(text, len(text)),
            "machine": self._last or machine_message(self.machine),
            "broken": definition is None,
            "spots": [_spot(text, one) for one in spots(text)],
            "findings": self._findings(text, definition),
            "undo": session.undo_words,
            "redo": session.redo_words,
            "file": "" if self.origin.file is None else str(self.origin.file),
            "changed": text != self._applied,
        }

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Do what the page asks for and return the reply to it. ``problem`` says what could not be done."""
        given = message.get("arguments")
        arguments: Arguments = given if isinstance(given, Mapping) else {}
        try:
            return self._do(str(message.get("op")), str(message.get("edit")), arguments)
        except InputError as error:
            return {"problem": str(error)}

    def _do(self, op: str, edit: str, given: Arguments) -> dict[str, Any]:
        match op:
            case "open" | "close":
                self.open = op == "open"
                return {}
            case "edit":
                change = self.session.apply(edit, {**given, "context": self._context})
                return {"select": change.select, "said": f"Done: {change.words}"}
            case "undo":
                return {"said": f"Undone: {self.session.undo()}"}
            case "redo":
                return {"said": f"Done again: {self.session.redo()}"}
            case "place":
                return {"place": self._place(int(given.get("line", 1)), int(given.get("column", 1)))}
            case "try":
                return self._tried(str(given.get("address")), given.get("field"), given.get("text"))
            case "form":
                return {"form": self._form(str(given.get("address")))}
            case "palette":
                found = palette.items(str(given.get("query", "")), self._functions())
                return {"palette": [{"key": one.key, "title": one.title, "words": one.words, "glyph": one.glyph} for one in found]}  # fmt: skip
            case "apply":
                return self._apply()
            case "deliver":
                return {"said": self.deliver(self.cell())}
            case "copy":
                return {"text": copied(self.session.text, str(given.get("format")))}
            case "save":
                return self._save(bool(given.get("anyway")))
        raise InputError(f'The editor does not know "{op}".')

    def cell(self) -> str:
        """Return the cell that holds the text."""
        text = self.session.text
        return f"{self.origin.line}\n{text}{'' if text.endswith(chr(10)) else chr(10)}".rstrip("\n")

    def _apply(self) -> dict[str, Any]:
        said = self._define()
        self._applied = self.session.text
        return {"cell": self.cell(), "said": said}

    def _define(self) -> str:
        """Make the text the notebook's machine where it has no errors; say what became of it."""
        before = self.machine
        try:
            self.machine = self.define(self.session.text)
        except SfnbookError:
            found = services.diagnostics(self.session.text, self._context)
            wrong = sum(one["level"] == "error" for one in found)
            stays = "is not defined" if isinstance(self.machine, Unfinished) else "runs as it was before"
            return f"{self.machine.name} {stays}: the text has {wrong or 1} error{'s' if wrong > 1 else ''}."
        if getattr(before, "runs", None):
            self._earlier = [before]  # what its last run was given can still be tried
        return f"{self.machine.name} is defined anew."

    def _save(self, anyway: bool) -> dict[str, Any]:
        file, text = self.origin.file, self.session.text
        if file is None:
            raise InputError("The definition did not come from a file: use Apply, or copy it.")
        there = raw_text(file) if file.exists() else None
        if there not in (self._on_disk, text) and not anyway:
            what = "is no longer there" if there is None else "has changed since it was read here"
            return {"ask": f"{file.name} {what}. Write it all the same?"}
        try:
            file.write_text(text, "utf-8", newline="")
        except OSError as error:
            raise InputError(f"{file} could not be written: {error.strerror}.") from None
        self._on_disk = self._applied = text
        return {"said": f"Saved to {file}. {self._define()}"}

    def _place(self, line: int, column: int) -> Any:
        """Return where the state is written that is named at a place of the text; None where none is. From 1."""
        text = self.session.text
        found = services.definition(text, services.offset_at(text, line - 1, column - 1))
        return None if found is None else {"line": found["start"]["line"] + 1, "column": found["start"]["character"] + 1}  # fmt: skip

    def _tried(self, address: Address, field: Any, typed: Any) -> dict[str, Any]:
        """Return what each stage of the last run's visit would be with the state as it is edited. Raises InputError.

        field, typed: a field that somebody is typing in, and what stands there, which is not in the text yet.
        """
        from sfnbook.widget.traits.edited_state import edited_state

        state = state_at_address(self.session.text, address)
        text = self.session.text
        if isinstance(field, list) and typed is not None:
            text = changes.apply(text, changes.set_field(text, address, field, value_of(state, field, str(typed))))
            state = state_at_address(text, address)
        ran: list[Any] = [one for one in (self.machine, *self._earlier) if getattr(one, "runs", None)]
        run = ran[0].runs[-1] if ran else None
        if run is None:
            raise InputError("There is no run yet to try it on: run the machine once.")
        visit = next((one for one in reversed(run.visits) if one.address == address), None)
        if visit is None:
            raise InputError(f"{run.name} did not come to {state.name}: there is nothing to try it on.")
        fields = state.node.plain() if state.node is not None else {}
        return {"edited": edited_state(run, visit, json.dumps(fields, ensure_ascii=False)), "said": f"On {run.name}'s data"}  # fmt: skip

    def _form(self, address: Address) -> Any:
        try:
            return form(state_at_address(self.session.text, address))
        except InputError:
            return None

    def _functions(self) -> list[str]:
        namespace = self.machine.bindings.namespace or {}
        return [
            name for name, value in list(namespace.items()) if inspect.isfunction(value) and not name.startswith("_")
        ]

    def _drawn(self, text: str, definition: Definition) -> MachineMessage:
        """Return the machine as far as the text holds one."""
        made = machine_message(Unfinished(self.machine.name, self.machine.type, definition, self.machine.bindings))
        lines = Source(text)
        outlines = [state for machine in machines(text) for state in machine.walk()]
        made["definition_text"] = plain(text, len(text))
        made["lines"] = {
            one.address: [
                lines.position(one.entry.span.start)[0],
                lines.position(max(one.entry.span.start, one.entry.span.end - 1))[0],
            ]
            for one in outlines
        }
        return made

    def _findings(self, text: str, definition: Definition | None) -> list[FindingMessage]:
        """Return what is wrong with a text and then, of one that can be read, the tasks that nothing answers."""
        found = services.diagnostics(text, self._context)
        if definition is not None:
            found += unbound(text, definition, self.machine.bindings)
        return [
            {
                "level": one["level"],
                "rule": f"{one['code']} {one['name']}",
                "message": plain(_at_its_field(one)),
                "hint": plain(one["hint"]),
                "line": one["range"]["start"]["line"] + 1,
                "column": one["range"]["start"]["character"] + 1,
                "width": _width(one["range"]),
                "address": _address_at(text, one["range"]["start"]),
                "fixes": [fix["title"] for fix in one["fixes"]],
            }
            for one in found
        ]


def _width(range: services.Range) -> int:
    """Return how much of a range is on its first line, 1 at least."""
    start, end = range["start"], range["end"]
    return max(1, end["character"] - start["character"]) if start["line"] == end["line"] else 1


def _at_its_field(one: services.EditorDiagnostic) -> str:
    """Return a finding's message, which says what field it is about."""
    before, _, field = one["location"].rpartition("/")
    message = one["message"]
    return message if not field or before.endswith("States") or field in message else f"{field}: {message}"


def raw_text(file: Path) -> str:
    """Return the text of a file as it is, line ends included. Raises InputError where it cannot be read or is no UTF-8."""
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"The file {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} is no UTF-8 text: copy the definition to keep it.") from None


def copied(text: str, format: str) -> str:
    """Return a text as it is, or as JSON or YAML where it is the other. Raises InputError for a text that is neither."""
    from sfnbook.language.syntax import is_json

    if format not in ("JSON", "YAML") or (format == "JSON") == is_json(text):
        return text
    reading = reader.read(text)
    if not reading.ok:
        raise InputError(f"The text cannot be read, so it cannot be copied as {format}. Mend it first.")
    if format == "JSON":
        from sfnbook.widget.traits.definition import pretty

        return pretty(reading.value)
    import yaml

    made: str = yaml.safe_dump(reading.value, sort_keys=False, allow_unicode=True, width=100)
    return made


def _address_at(text: str, place: services.Position) -> Address:
    found = state_at(text, services.offset_at(text, place["line"], place["character"]))
    return found.address if found is not None else ""


def _spot(text: str, spot: Spot) -> SpotMessage:
    source, target, caught = spot.arrow
    edge = edge_id(source or START, target or END, caught=caught) if spot.drawn else ""
    if not source:
        label = f"Add a state before {name_at(target)}"
    elif not target:
        label = f"Add a state after {name_at(source)}"
    else:
        way = " where an error is caught" if caught else ""
        label = f"Add a state between {name_at(source)} and {name_at(target)}{way}"
    return {"arrow": {"source": source, "target": target, "caught": caught}, "edge": edge, "label": plain(label)}
