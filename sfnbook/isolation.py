"""One state alone: entered on the engine, answered once, left.

Drives an execution whose line is never moved past its first state, and takes down what a test of that state wants to
know: the data stage by stage, and which Retrier or Catcher took a failure. Every rule of the States Language that
applies is the engine's own; the one thing different is that a Map or Parallel gets its result from outside instead of
starting children.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sfnbook.engine.commands import Command, TaskFailed, TaskSucceeded, Tick
from sfnbook.engine.compile import LANGUAGES
from sfnbook.engine.distributed_map.backlog import Backlog, item_at, next_batch, select
from sfnbook.engine.distributed_map.fields import MapSpec, number_field
from sfnbook.engine.distributed_map.map_run import MapRun
from sfnbook.engine.execution import Execution
from sfnbook.engine.failures import UNCATCHABLE, matches, prefixed
from sfnbook.engine.frame import Frame
from sfnbook.engine.program import Catcher, CompiledState, Program, Retrier, Work
from sfnbook.engine.states.map import items_field, map_items
from sfnbook.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, StatesError
from sfnbook.query.data_flow import Before, Compiler, Step
from sfnbook.query.scope import ABSENT, Scope
from sfnbook.values import MAX_BYTES, Json

Outcome = Literal["SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"]

THRESHOLD: Final = "The specified tolerated failure threshold was exceeded"

STATE_NAME: Final = "StateName"
"""What AWS calls a state under test in the Context object, whatever its name (recorded: test_state_with_variables)."""

_FLOW: Final = frozenset({"Map", "Parallel"})
_BEFORE: Final = dict.fromkeys(("Pass", "Task"), ("afterInputPath", "afterParameters"))
_AFTER: Final = dict.fromkeys(("Pass", "Task", "Parallel", "Map"), ("afterResultSelector", "afterResultPath"))
"""The stages AWS shows of a JSONPath state beside ``input``, also where the field is not written (recorded)."""

_ORDER: Final = (
    *("afterInputPath", "afterParameters", "afterArguments"),
    *("afterItemsPath", "afterItemsPointer", "afterItemSelector", "afterItemBatcher"),
)


@dataclass(slots=True)
class Surroundings:
    """What the state finds when it is entered.

    context: the whole Context object, None for the engine's own. item: the ``Map.Item`` for a state inside a Map.
    retries: how often its Retriers were used before. read: the items an ItemReader would have read, ABSENT without.
    failures: how many iterations of the Map are said to have failed, None where nothing is said. by_task: whether it is
    a Task inside the Map or Parallel that fails.
    """

    variables: dict[str, Json] = field(default_factory=dict)
    context: dict[str, Json] | None = None
    role_arn: str | None = None
    item: dict[str, Json] | None = None
    retries: int = 0
    read: Json = ABSENT
    failures: int | None = None
    by_task: bool = False


class _Line(Frame):
    """The line of a state under test: its Context object may come from outside."""

    __slots__ = ("given",)

    given: dict[str, Json] | None

    @property
    def context(self) -> dict[str, Json]:  # type: ignore[override]  # as in Frame, where Scope has a plain attribute
        """The Context object as given; else the engine's, with the name that AWS gives a state under test."""
        if self.given is not None:
            return self.given if self.item is None else {**self.given, "Map": {"Item": self.item}}
        made = super().context
        return {**made, "State": {**made["State"], "Name": STATE_NAME}} if "State" in made else made


class Isolated(Execution):
    """An execution of one state: `place` it, `enter` it, answer it, then read `outcome` and what came with it.

    failure: the Error and Cause the state failed with, even where a Retrier or Catcher took it. retry_index,
    catch_index: the ones that matched it. limits: a Map's, by TestState's names. iterations: how many a Map has, None
    where that is not known.
    """

    def __init__(self, program: Program, data: Json, *, at: float, seed: int, names: Mapping[str, str]) -> None:
        super().__init__(program, data, at=at, seed=seed, names=names)
        bound = self.top.max_bytes
        self.top = self.line = _Line(self, program.machine, key=(), log=self.events, head=0, data=data, bound=bound)
        self.line.given = None
        assert self.line.state is not None
        self.tested: CompiledState = self.line.state
        self.failure: tuple[str | None, str | None] | None = None
        self.retry_index: int | None = None
        self.catch_index: int | None = None
        self.limits: dict[str, Json] = {}
        self.iterations: int | None = None
        self._around = Surroundings()
        self._before: dict[str, Json] = {}
        self._result: Json = ABSENT
        self._exceeded = False
        self._note()

    def place(self, around: Surroundings) -> None:
        """Say what the state finds; before `enter`."""
        self._around = around
        self.line.variables = around.variables
        self.line.given = around.context
        self.line.item = around.item
        del self.context_execution["RedriveCount"]  # AWS's Context object of a test has none, and without a role null
        self.context_execution["RoleArn"] = around.role_arn

    def enter(self) -> None:
        """Enter the state and do its work up to where it waits for an answer; a Wait has none to wait for."""
        state = self.tested
        state.before = self._recording(state.flow.steps_before)
        if state.type in _FLOW:
            state.work = self._map_work() if state.type == "Map" else _wait
        self.advance(1)
        if state.type == "Wait" and self.failure is None and self.wakeup is not None:
            self.handle(Tick(self.wakeup))

    def _recording(self, steps: tuple[Step, ...]) -> Before:
        """The state's own data flow before its work, with every stage written down as it is made."""

        def before(data: Json, scope: Scope) -> Json:
            value = data
            for step in steps:
                value = self._before[step.name] = step.apply(value, data, scope)
            if self.tested.type == "Pass":
                self._result = value if self.tested.jsonata else self.tested.source.fields.get("Result", value)
            self._note()
            return value

        return before

    def _note(self) -> None:
        """Note what the expressions after the work will see, random numbers too."""
        line = self.line
        self._scope = Scope(variables=line.variables, context=line.context, now=self.now, random=self.random)
        self._random = self.random.getstate()

    # ------------------------------------------------------------------------------------------------ its answer
    @property
    def waits(self) -> bool:
        """Whether it waits for an answer: a Task for its call, a Map or Parallel for its result."""
        return self.line.call is not None or (self.tested.type in _FLOW and self.failure is None)

    def give(self, result: Json) -> None:
        """Let the work succeed with a result; too many failed iterations of a Map are a failure all the same."""
        if self.line.call is not None:
            self.take(TaskSucceeded(self.now, self.line.call.id, result))
        elif self._exceeded:
            self.deny(EXCEED_TOLERATED_FAILURE_THRESHOLD, THRESHOLD)
        else:
            self._result = result
            self._note()
            self.complete(self.line, result, MAX_BYTES + 1)

    def deny(self, error: str, cause: str | None) -> None:
        """Let the work fail."""
        if self.line.call is not None:
            self.take(TaskFailed(self.now, self.line.call.id, error, cause))
            return
        self._use_up_retries()
        self.fail(self.line, error, cause, from_task=self._around.by_task)

    def take(self, command: Command) -> None:
        """Let a Task's call be answered."""
        self._use_up_retries()
        if isinstance(command, TaskSucceeded):
            self._result = command.output
        self._note()
        self.handle(command)

    def _use_up_retries(self) -> None:
        if self._around.retries:
            self.line.retries = [self._around.retries] * len(self.tested.retriers)

    def fail(
        self, frame: Frame, error: str | None, cause: str | None, *, reported: bool = False, **matching: bool
    ) -> None:
        """Fail as the engine does, but without the words about an event id that a test has not; see who takes it."""
        state = self.tested
        cause = self._plain(cause)
        self.failure = (error, cause)
        if error not in UNCATCHABLE:
            self.retry_index = _first(state.retriers, error, state, **matching)
        super().fail(frame, error, cause, reported=reported, **matching)
        if self.outcome == "CAUGHT_ERROR":
            self.catch_index = _first(state.catchers, error, state, **matching)

    def _plain(self, cause: str | None) -> str | None:
        words = prefixed(self.tested.name, self.line.entered_id, "")
        return cause.removeprefix(words) if cause is not None else None

    # ----------------------------------------------------------------------------------------------- what came out
    @property
    def outcome(self) -> Outcome:
        """TestState's status."""
        if self.status == "FAILED":
            return "FAILED"
        if self.failure is None:
            return "SUCCEEDED"
        return "RETRIABLE" if self.line.timer else "CAUGHT_ERROR"

    @property
    def failed_with(self) -> tuple[str | None, str | None]:
        """The Error and Cause: of the state if it failed for good, else of the failure that was taken."""
        if self.status == "FAILED":
            return self.error, self._plain(self.cause)
        return self.failure if self.failure is not None else (None, None)

    @property
    def next(self) -> str | None:
        """The name of the state that would follow, None at an end and where none follows."""
        state = self.line.state
        return state.name if state is not None and self.ready else None

    @property
    def backoff(self) -> int | None:
        """The whole seconds until the retry, None without one."""
        wakeup = self.wakeup
        return round(wakeup - self.now) if self.outcome == "RETRIABLE" and wakeup is not None else None

    def stages(self) -> dict[str, Json]:
        """Return the data stage by stage, by TestState's names, as far as the state came."""
        state = self.tested
        constant = state.type == "Pass" and "Result" in state.source.fields and not state.jsonata
        before = {} if constant else self._stages_before()
        shown: dict[str, Json] = {name: before[name] for name in _ORDER if name in before}
        if state.type == "Parallel":  # mocked always, and nothing of its input is shown (recorded by others)
            shown = {}
        if self._result is ABSENT:
            return shown
        if constant or state.type == "Task":
            shown["result"] = self._result
        return shown | self._stages_after()

    def _stages_before(self) -> dict[str, Json]:
        """What the engine made before the work; in JSONPath also where a field is not written (recorded)."""
        if self.tested.jsonata:
            return dict(self._before)
        value, shown = self.input, dict(self._before)
        for name in _BEFORE.get(self.tested.type, ("afterInputPath",)):
            if name not in shown and any(step.name == name for step in self.tested.flow.steps_before):
                return shown
            value = shown.setdefault(name, value)
        return shown

    def _stages_after(self) -> dict[str, Json]:
        """What the engine made of the result, computed again from what was noted at the answer."""
        if self.tested.jsonata:
            return {}
        steps = {step.name: step for step in self.tested.flow.steps_after}
        shown: dict[str, Json] = {}
        value, present = self._result, self.random.getstate()
        self.random.setstate(self._random)
        try:
            for name in _AFTER.get(self.tested.type, ()):
                step = steps.get(name)
                value = shown[name] = step.apply(value, self.input, self._scope) if step is not None else value
        except StatesError:
            return shown
        finally:
            self.random.setstate(present)
        return shown

    # -------------------------------------------------------------------------------------------------------- Map
    def _map_work(self) -> Work:
        """A Map's work as far as its items: what they are, what is made of each, how many may fail."""
        state, fields = self.tested, self.tested.source.fields
        compiler = Compiler(LANGUAGES[state.source.query_language], state.address, [], state.source.type)
        name = "ItemSelector" if "ItemSelector" in fields else "Parameters"
        selector = compiler.template(fields[name], name) if name in fields else None
        concurrency = number_field(compiler, fields, "MaxConcurrency")
        chosen = items_field(compiler, fields)
        spec = MapSpec(compiler, state, state.branches[0], {})
        processor = fields.get("ItemProcessor") or fields.get("Iterator") or {}
        distributed = (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED"

        def work(execution: Execution, frame: Frame, data: Json) -> None:
            run, raw = MapRun(execution, frame, spec), frame.data
            backlog = Backlog(run, selector, data, spec.limits(raw, frame))
            if not spec.reader:
                backlog.source = chosen(data, frame)
                if not state.jsonata:
                    self._before["afterItemsPath"] = plain_items(backlog.source)
            elif self._around.read is not ABSENT:
                backlog.source = map_items(self._around.read, "ItemsPath", "$")
                if "ItemsPointer" in spec.reader_config:
                    self._before["afterItemsPointer"] = self._around.read
            backlog.source = backlog.source[: backlog.limits.items or None]
            run.total = len(backlog.source)
            self.iterations = run.total if self._around.read is not ABSENT or not spec.reader else None
            self._select(frame, backlog)
            if spec.tolerated_count is not None:
                run.tolerated_count = self.limits["toleratedFailureCount"] = spec.tolerated_count(raw, frame)
            if spec.tolerated_percentage is not None:
                share = spec.tolerated_percentage(raw, frame)
                run.tolerated_percentage = self.limits["toleratedFailurePercentage"] = share
            self.limits["maxConcurrency"] = concurrency(raw, frame) if concurrency is not None else 0
            run.items["failed"] = self._around.failures or 0
            tolerates = run.tolerated_count is not None or run.tolerated_percentage is not None
            self._exceeded = run.exceeded and (tolerates or not distributed)  # without: SUCCEEDED (recorded by others)

        return work

    def _select(self, frame: Frame, backlog: Backlog) -> None:
        """Make each iteration's input as the engine would, one batch or one item after the other."""
        run, selector, data = backlog.run, backlog.selector, backlog.input
        if selector is not None:
            items = (item_at(backlog.source, index) for index in range(run.total))
            self._before["afterItemSelector"] = [select(frame, item, selector, data) for item in items]
        if run.spec.batches:
            batches = self._before["afterItemBatcher"] = []
            while backlog.position < run.total:
                batches.append(next_batch(frame, backlog))
            self.iterations = len(batches)


def _wait(execution: Execution, frame: Frame, data: Json) -> None:
    """A Parallel's work: nothing, its result comes from outside."""


def plain_items(items: list[Json]) -> Json:
    """Return a Map's items as JSON: an object's pairs become the object again."""
    return dict(items) if items and isinstance(items[0], tuple) else items


def _first(
    entries: Sequence[Retrier | Catcher], error: str | None, state: CompiledState, **matching: bool
) -> int | None:
    found = (i for i, entry in enumerate(entries) if matches(entry.errors, error, state, **matching))
    return next(found, None)
