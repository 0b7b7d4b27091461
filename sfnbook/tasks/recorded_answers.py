"""Answers of a recorded run, given again to the calls of a run that goes on from it; what was not recorded is answered live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sfnbook.language.resource import Resource
from sfnbook.runtime.task import Scripted, Task, at_once
from sfnbook.tasks.registry import Registry
from sfnbook.tasks.target import Bound
from sfnbook.values import Json

Place: TypeAlias = tuple[str, tuple[int, ...]]
"""A state's name, and the indexes of the branches and iterations that it stands in."""


class RecordedAnswers(Registry):
    """Bindings that give each Task state its recorded answers first, in their order, and then what ``parent`` binds.

    What is added to it comes before both.
    """

    def __init__(self, answers: Mapping[Place, Sequence[Scripted]], parent: Registry) -> None:
        super().__init__(parent=parent)
        self._left = {place: list(given) for place, given in answers.items()}

    def resolve(self, resource: Resource, state: str, arguments: Json = None) -> Bound | None:
        """Return what answers a resource in a state; None when nothing does."""
        if any(given for (name, _), given in self._left.items() if name == state) and not self.binds(
            resource, state, arguments
        ):
            return Bound(self._handle, "the recorded run")
        return super().resolve(resource, state, arguments)

    @at_once
    def _handle(self, task: Task) -> Scripted:
        """Answer a task: as in the same branch or iteration, else as the state was first answered."""
        name = task.call.name
        place = name, tuple(index for _, index in task.call.frame_key)
        given = self._left.get(place) or next(
            given for (other, _), given in self._left.items() if other == name and given
        )
        return given.pop(0)
