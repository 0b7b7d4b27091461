"""Where a cursor stands in a definition: on a key or a value, of which state's part, and what is typed there.

In YAML, where half a line is no text, the line is made whole before it is read; nothing before the cursor moves.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from sfnbook.language.diagnostics import Path
from sfnbook.language.outline import MachineOutline, StateOutline, holds, machine_at, state_at
from sfnbook.language.source import Span
from sfnbook.language.syntax import Entry, Node, is_json


class Candidate(NamedTuple):
    """A proposal for a completion. typed: the letters it goes on from. text: what takes the place of ``span``."""

    label: str
    kind: str
    detail: str
    documentation: str
    span: Span
    text: str
    typed: str


@dataclass(frozen=True)
class Cursor:
    """Where a cursor stands.

    path: from the machine or state to the key or value. key: whether a key is meant. span: what it stands on.
    typed: what stands there before the cursor, without quotes. quoted: whether quotes stand or must stand around.
    flow: whether JSON's ways hold here. colon: whether the key has its colon already. holder: the object or array around.
    """

    text: str
    offset: int
    machine: MachineOutline
    state: StateOutline | None
    path: Path
    key: bool
    span: Span
    typed: str
    quoted: bool
    flow: bool
    colon: bool
    holder: Node = field(repr=False)


def cursor_at(text: str, offset: int) -> Cursor | None:
    """Return where an offset stands, None outside any machine."""
    whole = text if is_json(text) else _made_whole(text, offset)
    machine = machine_at(whole, offset)
    if machine is None or (machine.path and not holds(machine.node.span, offset)):
        return None
    state = state_at(whole, offset)
    root = state.node if state is not None else None
    if (
        root is None
        or state is None
        or not _inside(whole, root, offset)
        or not state.address.startswith(machine.address)
    ):
        state, root = None, machine.node
    if state is not None and state.machine is not machine and machine.address.startswith(state.address + "/"):
        state, root = None, machine.node
    place = _place(whole, root, offset)
    holder, path, entry, on_key = place
    node = (entry.key if on_key else entry.value) if entry is not None else None
    if node is not None and holds(node.span, offset) and node.kind == "scalar":
        raw = whole[slice(*node.span)]
        quoted = raw.startswith('"')
        typed = whole[node.span.start : offset]
        span = Span(node.span.start, min(node.span.end, len(text)))
        if quoted and (len(raw) < 2 or not raw.endswith('"')):  # no end yet: what follows is something else's
            span = Span(span.start, offset)
        if whole is not text:
            span = Span(span.start, max(offset, span.end - (len(whole) - len(text) if raw.endswith("_") else 0)))
    else:
        quoted, typed, span = False, "", Span(offset, offset)
    flow = is_json(text) or (holder.flow and whole[holder.span.start : holder.span.start + 1] in ("{", "["))
    colon = on_key and entry is not None and entry.colon >= 0 and whole is text
    typed = typed.lstrip("\"'")
    return Cursor(text, offset, machine, state, path, on_key, span, typed, quoted, flow, colon, holder)


def _made_whole(text: str, offset: int) -> str:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    before, after = text[start:offset], text[offset : len(text) if end < 0 else end]
    if after.strip():
        return text
    if re.fullmatch(r"\s*(?:-\s+)*[\w.$]*", before):
        word = "" if re.search(r"[\w.$]\Z", before) else "_"
        return f"{text[:offset]}{word}:{text[offset:]}"
    if re.search(r":\s+\Z|-\s+\Z", before):
        return f"{text[:offset]}_{text[offset:]}"
    return text


def _inside(text: str, node: Node, offset: int) -> bool:
    return node.span.start < offset or (node.span.start == offset and text[offset : offset + 1] != "{")


def _place(text: str, root: Node, offset: int) -> tuple[Node, Path, Entry | None, bool]:
    """Return the container at an offset, the path to what stands there, its entry, and whether it is a key."""
    holder: Node = root
    path: Path = ()
    while True:
        last: Entry | None = None
        for entry in holder.entries:
            if entry.span.start > offset:
                break
            last = entry
        if last is None:
            return holder, path, None, holder.kind == "object"
        if last.key is not None and holds(last.key.span, offset):
            return holder, (*path, last.name), last, True
        value = last.value
        if value is not None and holds(value.span, offset):
            inner = value.kind != "scalar" and (value.span.end > offset or not value.flow)
            if (inner and value.span.start < offset) or (inner and not value.flow):
                holder, path = value, (*path, last.name)
                continue
            return holder, (*path, last.name), last, False
        between = text[last.span.end : offset]
        if value is None and last.colon >= 0 and last.colon < offset and "," not in text[last.colon : offset]:
            return holder, (*path, last.name), last, False
        if holder.kind == "array":
            return holder, (*path, last.name if "," not in between else int(last.name) + 1), None, False
        return holder, path, None, True


def scalar_text(cursor: Cursor, word: str) -> str:
    """Return a string as it is to be written at a cursor."""
    if cursor.flow or cursor.quoted:
        return json.dumps(word, ensure_ascii=False)
    return (
        word
        if re.fullmatch(r"[A-Za-z][\w.:/$ -]*", word) and ": " not in word
        else json.dumps(word, ensure_ascii=False)
    )
