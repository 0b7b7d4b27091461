"""Answers of a recorded run, given again to the calls of a run that goes on from it; what was not recorded is answered live."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
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
        self._given: dict[int, tuple[Place, Scripted]] = {}

    def going_on(self, answered: Container[int], parent: Registry | None = None) -> RecordedAnswers:
        """Return the bindings of a run that goes on from an earlier point of the one answered here, with what was bound to it.

        answered: the ids of the calls that were answered before that point; what others were given is there again. parent: what
        comes after the recorded answers instead.
        """
        left = {place: list(answers) for place, answers in self._left.items()}
        for call, (place, answer) in reversed(self._given.items()):
            if call not in answered:
                left[place].insert(0, answer)
        made = RecordedAnswers(left, parent if parent is not None else self._parent or Registry())
        made._bindings.update(self._bindings)
        made._given = {call: given for call, given in self._given.items() if call in answered}
        return made

    def without(self, parent: Registry | None = None) -> RecordedAnswers:
        """Return these bindings without the recorded answers."""
        made = RecordedAnswers({}, parent if parent is not None else self._parent or Registry())
        made._bindings.update(self._bindings)
        return made

    @property
    def states(self) -> frozenset[str]:
        """The names of the states that have recorded answers left."""
        return frozenset(name for (name, _), given in self._left.items() if given)

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
        name = task._call.name
        place = name, tuple(index for _, index in task._call.frame_key)
        if not self._left.get(place):
            place = next(other for other, given in self._left.items() if other[0] == name and given)
        answer = self._left[place].pop(0)
        self._given[task._call.id] = place, answer
        return answer
