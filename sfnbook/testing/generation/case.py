"""A case: an input and what each task answers; and the run that it leads to, with where its values came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from sfnbook.engine.distributed_map.children import known
from sfnbook.engine.driver import Answer, drive
from sfnbook.engine.events import FrameKey
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call
from sfnbook.history.data_links import RUN, Spot
from sfnbook.history.lineage import Origins
from sfnbook.history.visits import Visit
from sfnbook.machine import StateMachine
from sfnbook.query.jsonpath.value_paths import Place
from sfnbook.query.scope import ABSENT
from sfnbook.recorded_run import RecordedRun
from sfnbook.runs.map_children import ChildRun
from sfnbook.values import Json, copy_of, from_text, to_text

MOST_STATES: Final = 200
"""A run of so many states may go in circles."""

MANY_STATES: Final = 5_000
"""As many are entered where no Choice is passed again and again: a Map may have many items."""

START: Final = 1_767_225_600.0
"""When the runs begin: 2026-01-01T00:00:00Z, as in tests with the fixture ``sfn``."""

_OF_A_CHILD: Final = 1_000_000
"""The ids of the visits of one child execution begin so far after those of the one before."""

Key = tuple[str, str]
"""A state's address and the kind of its call: ``task``, ``ItemReader`` or ``ResultWriter``."""


class Source(NamedTuple):
    """A place in what a case gives: in the input (``key`` None) or in the answer to a state's call number ``call``.

    inside: where a value stands in the JSON text at that place; None where the place holds the value itself.
    """

    key: Key | None
    call: int
    place: Place
    inside: Place | None = None


@dataclass(frozen=True)
class Case:
    """An input and answers, by state: of its calls one after the other, the last one repeats.

    fixed: what conditions need; repairs leave it as it is. name, goal: what it is for, in words.
    """

    input: Json = field(default_factory=dict)
    answers: Mapping[Key, tuple[Answer, ...]] = field(default_factory=dict)
    fixed: frozenset[Source] = frozenset()
    goal: str = ""

    def answer(self, key: Key, number: int) -> Answer | None:
        """Return what a state's call comes to, None where nothing is said."""
        given = self.answers.get(key)
        return given[min(number, len(given) - 1)] if given else None

    def with_value(self, source: Source, value: Json, default: Json, *, fixed: bool = False) -> Case:
        """Return a case with another value at a place. default: the answer where none is given yet."""
        more = self.fixed | {source} if fixed else self.fixed
        if source.key is None:
            return replace(self, input=_put_at(self.input, source, value), fixed=more)
        old = self.answer(source.key, source.call)
        output = _put_at(default if old is None or old.error is not None else old.output, source, value)
        return replace(self._with(source.key, source.call, Answer(output), default), fixed=more)

    def with_error(self, key: Key, number: int, error: str, times: int, default: Json) -> Case:
        """Return a case in which so many calls of a state fail, and the next one succeeds; 0: all from there on fail."""
        failed = Answer(None, error, "Something went wrong")
        given = list(self.answers.get(key, ()))[:number]
        given += [given[-1] if given else Answer(default)] * (number - len(given))
        after = self.answer(key, number) or Answer(default)
        answers = [
            *given,
            *[failed] * (times or 1),
            *([after if after.error is None else Answer(default)] if times else []),
        ]
        return replace(self, answers={**self.answers, key: tuple(answers)})

    def _with(self, key: Key, number: int, answer: Answer, default: Json) -> Case:
        given = list(self.answers.get(key, ()))
        while len(given) <= number:
            given.append(given[-1] if given else Answer(default))
        given[number] = answer
        return replace(self, answers={**self.answers, key: tuple(given)})


def _put_at(document: Json, source: Source, value: Json) -> Json:
    if source.inside is None:
        return put(document, source.place, value)
    text = read(document, source.place)
    try:
        inner = from_text(text) if isinstance(text, str) else {}
    except ValueError:
        inner = {}
    return put(document, source.place, to_text(put(inner, source.inside, value)))


def put(document: Json, place: Place, value: Json) -> Json:
    """Return a copy of a document with a value at a place, made if need be; `ABSENT` takes it away.

    >>> put({"a": 1}, ("b", 0, "c"), 2)
    {'a': 1, 'b': [{'c': 2}]}
    """
    if not place:
        return {} if value is ABSENT else copy_of(value)
    step, rest = place[0], place[1:]
    if isinstance(step, int):
        items = list(document) if isinstance(document, list) else []
        if value is ABSENT and len(items) <= step:
            return items
        while len(items) <= step:
            items.append({})
        if value is ABSENT and not rest:
            return items[:step]
        items[step] = put(items[step], rest, value)
        return items
    pairs = dict(document) if isinstance(document, dict) else {}
    if value is ABSENT and (not rest or step not in pairs):
        pairs.pop(step, None)
    else:
        pairs[step] = put(pairs.get(step, {}), rest, value)
    return pairs


def read(document: Json, place: Place) -> Json:
    """Return the value at a place, `ABSENT` where there is none."""
    for step in place:
        if isinstance(step, int):
            if not isinstance(document, list) or not -len(document) <= step < len(document):
                return ABSENT
        elif not isinstance(document, dict) or step not in document:
            return ABSENT
        document = document[step]
    return document


def usual_answer(call: Call) -> Json:
    """Return what a call answers where a case says nothing."""
    if call.kind != "task":
        return [{}] if call.kind == "ItemReader" else {}
    if call.resource.is_lambda_invoke and call.resource.kind == "service":
        return {"StatusCode": 200, "Payload": {}}
    return {}


class CaseRun(RecordedRun):
    """What a case leads to: a run, its children among it, and where its values came from."""

    def __init__(self, machine: StateMachine, case: Case, *, most_states: int = MOST_STATES) -> None:
        self.case = case
        self.calls: dict[tuple[FrameKey, int], list[tuple[Key, int]]] = {}
        self.defaults: dict[Key, Json] = {}
        self._counts: dict[Key, int] = {}
        self._execution: Execution = drive(
            machine._program, case.input, self._answered, at=START, most_states=most_states
        )
        super().__init__(machine, self._execution.events, name="case", known=True)
        self.ends = self._execution.done
        self._merged: list[Visit] | None = None
        self._back: Origins | None = None

    def _answered(self, call: Call) -> Answer:
        key = call.address, call.kind
        number = self._counts.get(key, 0)
        self._counts[key] = number + 1
        self.calls.setdefault((call.frame_key, call.entered_id), []).append((key, number))
        usual = self.defaults.setdefault(key, usual_answer(call))
        found = self.case.answer(key, number)
        return Answer(copy_of(usual)) if found is None else found._replace(output=copy_of(found.output))

    def made(self) -> Iterator[tuple[Key, list[Answer]]]:
        """Yield the calls that were made, state by state, with what they came to."""
        for key, count in self._counts.items():
            usual = Answer(self.defaults[key])
            yield key, [self.case.answer(key, number) or usual for number in range(count)]

    def _map_runs(self) -> Any:
        return list(self._execution.map_runs)

    def map_children(self, most: int) -> list[ChildRun]:
        """Return the children of its distributed Maps."""
        return [
            ChildRun(self, run, child, logs={}) for run in self._execution.map_runs for child in list(known(run))[:most]
        ]

    @property
    def all_visits(self) -> list[Visit]:
        """The visits of the run and of its children, in the order of entry; a child's ids are counted on."""
        if self._merged is None:
            self._merged = list(self.visits)
            for number, child in enumerate(self.map_children(20), 1):
                for visit in child.visits:
                    outward = child.outward(visit)
                    self._merged.append(replace(outward, id=visit.id + number * _OF_A_CHILD))
        return self._merged

    def calls_of(self, visit: Visit) -> list[tuple[Key, int]]:
        """Return the calls that a visit made, each with its number among the calls of its state."""
        return self.calls.get((visit.frame, visit.id % _OF_A_CHILD), [])

    @property
    def origins(self) -> Origins:
        """Where its values came from."""
        if self._back is None:
            self._back = Origins(self.machine._program, self._names_seen())
            self._back.read(self.all_visits)
        return self._back

    def source(self, spot: Spot) -> Source | None:
        """Return where in the case a value comes from, None where it is not simply copied from there."""
        inside: Place | None = None
        for hop in self.origins.back(spot):
            here = hop.spot
            if here.visit == RUN and here.stage == "input":
                return Source(None, 0, here.path, inside)
            if hop.how == "task":
                visit = self.origins.tree.by_id[here.visit]
                kind = "ItemReader" if visit.type == "Map" else "task"
                made = [one for one in self.calls_of(visit) if one[0][1] == kind]
                return Source(*made[-1], here.path, inside) if made else None
            if hop.how == "made" and inside is None and " States.StringToJson($" in hop.by:
                inside = self._below_link(here)
            elif hop.how != "copy":
                return None
        return None

    def _below_link(self, spot: Spot) -> Place:
        """Return what of a place is below the link that made it."""
        visit = self.origins.tree.by_id[spot.visit]
        depths = [
            len(link.to.path)
            for link in self.origins.links(visit)
            if link.to[:2] == spot[:2] and spot.path[: len(link.to.path)] == link.to.path
        ]
        return spot.path[max(depths, default=0) :]
