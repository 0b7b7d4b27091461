"""BaseRun: everything that is computed from a run's visits alone: stages, Choice rules, lineage, tables.

Base class of live runs and of runs read from events. Recomputes when asked; knows no clock and no page.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from sfnbook.engine.distributed_map.map_run import ChildResult
from sfnbook.engine.events import Event, FrameKey
from sfnbook.errors import InputError
from sfnbook.history.data_links import RUN, Link, Spot
from sfnbook.history.lineage import Hop, Lineage, LineageStep, Origins, path_text
from sfnbook.history.stages import RuleSeen, failure, rules, scope_of, stages
from sfnbook.history.visits import FAILED, Visit, kept, note
from sfnbook.query.data_flow import Stage
from sfnbook.query.jsonpath.paths import compile_path
from sfnbook.query.jsonpath.steps import Indexes, Keys
from sfnbook.query.jsonpath.value_paths import Place, value_at
from sfnbook.query.scope import ABSENT, ExpressionError
from sfnbook.runs import dataframes
from sfnbook.runs.billing import billing_details
from sfnbook.runs.calls import Calls, StateRuns, calls_of, state_runs
from sfnbook.runs.diff import Differences, compare
from sfnbook.runs.find import Match, find
from sfnbook.runs.map_items import MapItem, from_child, from_iteration
from sfnbook.values import Json, copy_of

if TYPE_CHECKING:
    import pandas

_ONE_AT_A_TIME: Final = threading.RLock()
"""The page's worker and a cell may ask at once; what is remembered between questions is not made for that."""


class BaseRun:
    """Queries over a run's visits. A subclass supplies the visits (`_known`) and the names that expressions saw."""

    _machine: Any
    _name: str
    _clock: str
    _origins: Origins | None = None

    @property
    def machine(self) -> Any:
        """The machine it is a run of."""
        return self._machine

    @property
    def name(self) -> str:
        """The execution's name."""
        return self._name

    @property
    def clock(self) -> str:
        """What its clock is called: ``virtual``, ``real``, ``x60``; ``recorded`` for a run read from a history."""
        return self._clock

    @property
    def input(self) -> Json: ...
    @property
    def output(self) -> Json: ...
    @property
    def status(self) -> str: ...  # type: ignore[empty-body]
    @property
    def done(self) -> bool: ...  # type: ignore[empty-body]
    @property
    def visits(self) -> list[Visit]: ...  # type: ignore[empty-body]
    @property
    def _raw_events(self) -> tuple[Event, ...]:  # type: ignore[empty-body]
        """The history so far as it is kept, for readers that change nothing and hand nothing out."""

    @property
    def events(self) -> tuple[Event, ...]:
        """The history so far, as the engine's events with values that are the caller's own."""
        return tuple(event._replace(detail=copy_of(event.detail)) for event in self._raw_events)

    @property
    def seconds(self) -> float: ...  # type: ignore[empty-body]

    def billing_details(self) -> dict[str, int]:
        """Return what an Express run would be billed for: ``billedDurationInMilliseconds``, ``billedMemoryUsedInMB``."""
        return billing_details(self.machine._definition, self.visits, self.seconds)

    def _known(self) -> tuple[Sequence[Visit], Any]:
        """Return the visits so far, and a mark that changes with them."""
        raise NotImplementedError

    def _names_seen(self) -> dict[str, Json]:
        """Return the Execution and StateMachine parts of the Context object."""
        raise NotImplementedError

    def _traced(self) -> Origins:
        visits, mark = self._known()
        if self._origins is None:
            self._origins = Origins(self.machine._program, self._names_seen())
        if self._origins.stale(mark):
            self._origins.read(visits, mark)
        return self._origins

    @property
    def path(self) -> list[str]:
        """The names of the states it entered so far, in order; those in branches and iterations stand only in `visits`."""
        return [visit.name for visit in sorted(self.visits, key=lambda visit: visit.id) if not visit.frame]

    @property
    def succeeded(self) -> bool:
        """Whether it ended as SUCCEEDED."""
        return bool(self.status == "SUCCEEDED")

    def state(self, name: str) -> StateRuns:
        """Return what became of a state: visits, attempts, output, error. Raises InputError for an unknown name."""
        return state_runs(self.machine._program, self.visits, name)

    def called(self, resource: str) -> Calls:
        """Return the calls its tasks made of a resource, empty where none was: see `sfnbook.runs.calls.calls_of`.

        resource: ``dynamodb:putItem``, a function's name, an ARN or a glob of one, or a state's name.
        """
        return calls_of(self.machine._program, self.visits, resource)

    def compare(self, other: BaseRun) -> Differences:
        """Return how another run differs from this one, wherever each of them ran: see `sfnbook.runs.diff`."""
        return compare(self, other)

    def find(self, path: str) -> list[Match]:
        """Return every place in the inputs and outputs of its visits that a JSONPath such as ``$..id`` matches.

        Raises InputError for a text that is no JSONPath.
        """
        return list(find(self.visits, path))

    # -- one visit ----------------------------------------------------------------------------------------------------

    def stages(self, visit: Visit) -> list[Stage]:
        """Return a visit's data stage by stage, by TestState's names, recomputed now."""
        return [
            stage._replace(value=copy_of(stage.value), expression=copy_of(stage.expression))
            for stage in self._stages(visit)
        ]

    def _stages(self, visit: Visit) -> list[Stage]:
        with _ONE_AT_A_TIME:
            return stages(self.machine._program, visit, self._names_seen(), self._traced().tree)

    def _say_failure(self, visit: Visit) -> None:
        """Add to a Fail state's visit inside a branch or an iteration why it failed, which no event says."""
        if visit.type == "Fail" and visit.status == FAILED and visit.error is None:
            error, cause = failure(self.machine._program, visit, self._names_seen())
            note(visit, error=error, cause=cause)

    def rules(self, visit: Visit) -> list[RuleSeen]:
        """Return a Choice visit's rules with which one matched and why."""
        return rules(self.machine._program, visit, self._names_seen())

    def context(self, visit: Visit) -> dict[str, Json]:
        """Return the Context object as a visit's state saw it."""
        found: dict[str, Json] = copy_of(scope_of(self.machine._program, visit, self._names_seen()).context)
        return found

    def assigners(self, visit: Visit) -> dict[str, Visit]:
        """Return the visit that gave each variable the value it had when this visit began."""
        with _ONE_AT_A_TIME:
            tree = self._traced().tree
            found = {name: next(tree.assigners(visit, name), None) for name in kept(visit, "variables")}
        return {name: giver for name, giver in found.items() if giver is not None}

    def links(self, visit: Visit) -> list[Link]:
        """Return what each stage of a visit was made of, as `sfnbook.history.data_links` tells it."""
        with _ONE_AT_A_TIME:
            return self._traced().links(visit)

    # -- where data came from -----------------------------------------------------------------------------------------

    def lineage(
        self, visit: Visit | str | int | None, path: str | Sequence[str | int] = "$", *, stage: str = "output"
    ) -> Lineage:
        """Return where a value came from, state by state, and who used it.

        visit: one of `visits`, its id, or a state's name for the last visit of it; None for the execution itself.
        path: keys and indexes from the stage's root (``$.order.lines[0]``, or as a sequence). stage: a name as in `stages`. Raises
        InputError for a visit, stage or path that is not there.
        """
        subject = self._subject(visit)
        spot = Spot(RUN if subject is None else subject.id, stage, _place(path))
        with _ONE_AT_A_TIME:
            origins = self._traced()
            values = _Values(self, origins)
            if values.at(spot) is ABSENT:
                whose = "the execution" if subject is None else subject.name
                raise InputError(f"There is no {path_text(spot.path)} in the {stage} of {whose}.")
            hops = tuple(values.step(hop) for hop in origins.back(spot))
            return Lineage(hops, tuple(values.step(hop) for hop in origins.forward(spot)))

    def unused(self, visit: Visit | str | int | None, *, stage: str = "output") -> list[str]:
        """Return the paths in a stage that nothing used: no function, no decision, not the execution's output.

        visit: as for `lineage`; None and the stage ``input`` for the execution's input. A path stands for all below it.
        """
        subject = self._subject(visit)
        spot = Spot(RUN if subject is None else subject.id, stage, ())
        with _ONE_AT_A_TIME:
            origins = self._traced()
            value = _Values(self, origins).at(spot)
            return [] if value is ABSENT else [path_text(place) for place in origins.unused(spot, value)]

    def _subject(self, wanted: Visit | str | int | None) -> Visit | None:
        if wanted is None or isinstance(wanted, Visit):
            return wanted
        found = next((visit for visit in reversed(self.visits) if wanted in (visit.id, visit.name)), None)
        if found is not None:
            return found
        names = ", ".join(dict.fromkeys(visit.name for visit in self.visits))
        raise InputError(f"{self.name} was never in {wanted}. It was in {names}.")

    # -- tables -------------------------------------------------------------------------------------------------------

    def to_frame(self) -> pandas.DataFrame:
        """Return its visits as a pandas DataFrame, a row for each, indexed by the visit's id."""
        return dataframes.visits_frame(self.visits)

    def events_frame(self) -> pandas.DataFrame:
        """Return its history as a pandas DataFrame, a row for each event, indexed by the event's id."""
        return dataframes.events_frame(self.events)

    def items_frame(self, state: Visit | str | int) -> pandas.DataFrame:
        """Return a Map's iterations as a pandas DataFrame: item, input, output, error and duration of each.

        Of a distributed Map, its children: also their times, names and which items each had. Where their histories
        were not kept the run is replayed for them, and no handler is called; of a stored run that succeeded only those
        that were kept are known. state: a Map's name, for the last visit of it, or one of its visits. Raises
        InputError for anything else, and without pandas.
        """
        subject = self._subject(state)
        if subject is None or subject.type != "Map":
            raise InputError(f"{state if isinstance(state, str) else subject} is no Map state.")
        if self._distributed(subject):
            return dataframes.children_frame(self._children_of(subject), self._raw_events[0].at)
        with _ONE_AT_A_TIME:
            tree = self._traced().tree
            lines = [
                (tree.first(frame), tree.last(frame), index) for index, frame in sorted(tree.lines(subject).items())
            ]
        return dataframes.items_frame(lines)

    def map_items(self, visit: Visit) -> list[MapItem]:
        """Return how each item of a visit of a Map stands, in their order: what `items_frame` tells, without the results.

        Raises InputError for any other state, and where nothing is recorded of a Map run's children.
        """
        if visit.type != "Map":
            raise InputError(f"{visit} is no Map state.")
        if self._distributed(visit):
            began = self._raw_events[0].at
            return [from_child(child, began) for child in self._children_of(visit)]
        with _ONE_AT_A_TIME:
            tree = self._traced().tree
            lines = [(tree.first(frame), tree.last(frame), index) for index, frame in sorted(tree.lines(visit).items())]
        over = visit.end is not None
        return [from_iteration(first, last, index, over) for first, last, index in lines if first and last]

    def _distributed(self, visit: Visit) -> bool:
        state = self.machine._program.by_address.get(visit.address)
        fields = {} if state is None else state.source.fields
        config = (fields.get("ItemProcessor") or {}).get("ProcessorConfig") or {}
        return bool(config.get("Mode") == "DISTRIBUTED")

    def _children_of(self, visit: Visit) -> Iterator[ChildResult]:
        """Yield the children of a visit's last Map run. Raises InputError, also for pandas's sake, when they are read."""
        runs = self._map_runs()
        if runs is None:
            raise InputError(f"Of the children of {visit.name} nothing is recorded here.")
        run = next((run for run in reversed(runs) if run.visit == self._entered(visit)), None)
        if run is not None:
            yield from self._results(run)

    def _map_runs(self) -> Sequence[Any] | None:
        """Return the Map runs, None where nothing is known of them."""
        return None

    def _entered(self, visit: Visit) -> tuple[FrameKey, int]:
        """Return what Map runs know a visit by."""
        return visit.frame, visit.id

    def _results(self, run: Any) -> list[ChildResult]:
        """Return how each child of a Map run stands."""
        raise NotImplementedError


class _Values:
    """The values at places of a run, stage by stage as they are asked for."""

    def __init__(self, run: BaseRun, origins: Origins) -> None:
        self._run = run
        self._origins = origins
        self._stages: dict[tuple[int, str], Json] = {}

    def step(self, hop: Hop) -> LineageStep:
        spot = hop.spot
        visit = self._origins.tree.by_id.get(spot.visit)
        without = tuple(sorted(hop.without, key=path_text))
        return LineageStep(hop.depth, visit, spot.stage, spot.path, hop.how, hop.by, copy_of(self.at(spot)), without)

    def at(self, spot: Spot) -> Json:
        """Return the value at a place, ABSENT where there is none or none was recorded."""
        key = spot.visit, spot.stage
        if key not in self._stages:
            self._read(*key)
        try:
            return value_at(self._stages.get(key, ABSENT), spot.path)
        except LookupError:
            return ABSENT

    def _read(self, id: int, stage: str) -> None:
        visit = self._origins.tree.by_id.get(id)
        if visit is None:
            self._stages[id, "input"] = self._run.input
            self._stages[id, "output"] = self._run.output if self._run.done else ABSENT
        elif stage == "input":
            self._stages[id, stage] = kept(visit, "input")
        elif stage == "output":
            self._stages[id, stage] = kept(visit, "output")
        else:
            own = {name: kept(visit, name) for name in ("assigned", "variables")}
            known = {**{found.name: found.value for found in self._run._stages(visit)}, **own}
            self._stages |= {(id, name): value for name, value in known.items()}


def _place(path: str | Sequence[str | int]) -> Place:
    if not isinstance(path, str):
        return tuple(path)
    try:
        steps = compile_path(path)
    except ExpressionError:
        steps = None
    place: list[str | int] = []
    for step in steps.steps if steps is not None and steps.root == "$" else (None,):
        match step:
            case Keys((name,)):
                place.append(name)
            case Indexes((number,)):
                place.append(number)
            case _:
                raise InputError(f"{path} is no plain path; write for example $.order.lines[0].")
    return tuple(place)
