"""A definition's text while it is edited, with all that was done and can be taken back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sfnbook.editor.canvas.actions import ACTIONS, Change
from sfnbook.errors import InputError
from sfnbook.language import edits as changes
from sfnbook.language.edits import Edit
from sfnbook.values import Json


class Step(NamedTuple):
    """Something that was done: in words, and the edits that turn the text of now into the one before or after it.

    burst: which stretch of typing it belongs to, "" for none.
    """

    words: str
    edits: tuple[Edit, ...]
    burst: str = ""


class EditingSession:
    """A text that changes by named edits. What was done can be taken back, step by step, to the beginning."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.undone: list[Step] = []
        self.done: list[Step] = []

    @property
    def undo_words(self) -> str:
        """What `undo` would take back, "" where there is nothing."""
        return self.done[-1].words if self.done else ""

    @property
    def redo_words(self) -> str:
        """What `redo` would do again, "" where there is nothing."""
        return self.undone[-1].words if self.undone else ""

    def apply(self, name: str, arguments: Mapping[str, Json]) -> Change:
        """Make one of `ACTIONS` and return what it did. Raises InputError, and then nothing is changed.

        An argument ``burst`` names a stretch of typing: what has the same one as the step before is one step with it.
        """
        action = ACTIONS.get(name)
        if action is None:
            raise InputError(f'There is no edit "{name}". There are {", ".join(sorted(ACTIONS))}.')
        try:
            change = action(self.text, arguments)
        except (KeyError, TypeError) as error:
            raise InputError(f'The edit "{name}" lacks an argument or has a wrong one: {error}.') from None
        if change.edits and changes.apply(self.text, change.edits) != self.text:
            burst = str(arguments.get("burst") or "")
            taken = changes.undo(self.text, change.edits)
            made = changes.apply(self.text, change.edits)
            if burst and self.done and self.done[-1].burst == burst and not self.undone:
                taken = changes.replaced(made, changes.apply(self.text, self.done.pop().edits))
            if taken:  # else what was typed was deleted again
                self.done.append(Step(change.words, tuple(taken), burst))
            self.undone.clear()
            self.text = made
        return change

    def undo(self) -> str:
        """Take back the last step; return what it was in words. Raises InputError where there is none."""
        return self._step(self.done, self.undone, "There is nothing to undo.")

    def redo(self) -> str:
        """Do again what was taken back last; return it in words. Raises InputError where there is none."""
        return self._step(self.undone, self.done, "There is nothing to redo.")

    def _step(self, taken: list[Step], given: list[Step], otherwise: str) -> str:
        if not taken:
            raise InputError(otherwise)
        words, edits, _ = taken.pop()
        given.append(Step(words, tuple(changes.undo(self.text, edits))))
        self.text = changes.apply(self.text, edits)
        return words
