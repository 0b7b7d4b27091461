"""The public API: a state machine, and a run of it.

Everything the magics, the CLI and the server do goes through these two classes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sfnbook.engine.compile import compile_definition
from sfnbook.engine.program import Program
from sfnbook.errors import DefinitionError, InputError
from sfnbook.language import Definition, Diagnostic, expression_diagnostic, parse
from sfnbook.language.parser import read
from sfnbook.language.placeholders import RULE as UNFILLED
from sfnbook.language.reader import Reading
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.run import ACCOUNT, REGION, Run
from sfnbook.runs.forks import Fork
from sfnbook.runs.run_list import RunList
from sfnbook.runtime.breakpoints import Breakpoint, breakpoint_of
from sfnbook.runtime.clock import Clock, VirtualClock
from sfnbook.runtime.debugger import Debugger
from sfnbook.tasks import start_execution
from sfnbook.tasks.aws.api.known_actions import unlisted_integrations
from sfnbook.tasks.aws.datasets.buckets import Buckets, Places, Store
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.faults import Fault, faults_of
from sfnbook.tasks.functions.python import static_function
from sfnbook.tasks.mocks import Mock, Script, answer_scripts, configured, read_config
from sfnbook.tasks.recorded_answers import Place, RecordedAnswers
from sfnbook.tasks.registry import Registry, unbound_cause
from sfnbook.tasks.resolve import built_in
from sfnbook.tasks.target import Check
from sfnbook.templates.find import choose, find, find_in
from sfnbook.templates.machine import TemplateMachine
from sfnbook.values import NULL, Json, checked_input, from_text, printable

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import graphviz

    from sfnbook.convert.proof import Conversion
    from sfnbook.diagram.svg import Theme
    from sfnbook.policy.document import Policy
    from sfnbook.runtime.task import Scripted
    from sfnbook.simulation.durations import Duration
    from sfnbook.simulation.result import Simulation

MachineType = Literal["STANDARD", "EXPRESS"]
Written = str | Mapping[str, Any] | Path | TemplateMachine
"""A definition: JSON or YAML text, values, a file with one or more, or one that was found in a file."""


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A Task state and what answers it: ``bound`` in words, None when nothing does; ``check`` looks whether it is there."""

    address: str
    state: str
    resource: Resource
    bound: str | None
    hint: str
    check: Check | None = field(default=None, repr=False)


def examine(definition: Written, type: str) -> tuple[Definition | None, Program | None, tuple[Diagnostic, ...]]:
    """Return what a definition says, compiled, with every diagnostic.

    Definition and program are None at an ERROR; of one whose only errors are placeholders that nobody has filled in, the
    definition is there and the program is not.
    """
    reading = _reading_of(definition)
    parsed = parse(reading, type=type)
    if parsed.definition is None:
        return None, None, parsed.diagnostics
    doubts = tuple(unlisted_integrations(parsed.definition, reading))
    if any(d.severity == "ERROR" for d in doubts):
        return None, None, (*parsed.diagnostics, *doubts)
    program, problems = compile_definition(parsed.definition, type)
    if not problems:
        return parsed.definition, program, (*parsed.diagnostics, *doubts)
    refused = [
        expression_diagnostic(reading, p.where, p.message, code=p.code, hint=p.hint, rule=p.rule, warning=p.warning)
        for p in problems
    ]
    found = (*parsed.diagnostics, *doubts, *refused)
    if all(problem.warning for problem in problems):
        return parsed.definition, program, found
    draft = all(problem.warning or problem.rule == UNFILLED for problem in problems)
    return parsed.definition if draft else None, None, found


def _reading_of(definition: Written) -> Reading:
    if isinstance(definition, Path):
        definition = choose(find_in(definition))
    if isinstance(definition, TemplateMachine):
        return definition.definition
    if isinstance(definition, (str, Mapping)):
        return read(definition)
    raise InputError(f"A definition is JSON or YAML text, a dict or a Path, not {_article(definition)}.")


def _article(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def validate(definition: Written, type: MachineType | None = None) -> dict[str, Any]:
    """Return what ValidateStateMachineDefinition answers, and for each diagnostic the line and column besides.

    type: the file's by default, else STANDARD.

    ``{"result": "OK" | "FAIL", "diagnostics": [{"severity", "code", "message", "location", "line", "column"}],
    "truncated": False}``. Never raises for a bad definition.
    """
    return answer(diagnose(definition, type))


def answer(diagnostics: tuple[Diagnostic, ...]) -> dict[str, Any]:
    """Return diagnostics as ValidateStateMachineDefinition's answer; see `validate`."""
    failed = any(d.severity == "ERROR" for d in diagnostics)
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": [_wire_diagnostic(d) for d in diagnostics],
        "truncated": False,
    }


def diagnose(definition: Written, type: MachineType | None = None) -> tuple[Diagnostic, ...]:
    """Return all that `validate` finds, as `Diagnostic`. The type is the file's by default, else STANDARD."""
    if isinstance(definition, Path):
        definition = choose(find_in(definition))
    own = definition.type if isinstance(definition, TemplateMachine) else None
    return examine(definition, _type(type or own or "STANDARD"))[2]


def _wire_diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "location": diagnostic.location,
    }
    if diagnostic.line is not None:
        wire.update(line=diagnostic.line, column=diagnostic.column)
    return wire


def _type(type: MachineType) -> MachineType:
    if type not in ("STANDARD", "EXPRESS"):
        raise InputError(f'Unknown machine type "{type}". Use STANDARD or EXPRESS.')
    return type


def tasks_of(definition: Definition, bindings: Registry) -> list[TaskInfo]:
    """Return the Task states of a definition, also of a draft of one, with what answers each as far as it tells."""
    found = []
    for state in definition.machine.walk():
        if state.type != "Task":
            continue
        named = state.get("Resource")
        resource = parse_resource(named if isinstance(named, str) else "")
        arguments = state.get("Arguments") if state.query_language == "JSONata" else state.get("Parameters")
        bound = bindings.resolve(resource, state.name, arguments) or built_in(resource, None, bindings)
        hint = "" if bound is not None else unbound_cause(resource, state.name, arguments, bindings.namespace)
        late = (
            bound is None
            and resource.is_lambda_invoke
            and static_function(resource.kind, resource.function, arguments) is None
        )
        text = "decided at run time" if late else bound.text if bound is not None else None
        check = bound.check if bound is not None else None
        found.append(TaskInfo(state.address, state.name, resource, text, hint, check))
    return found


class StateMachine:
    """A state machine: its definition, checked and compiled, and what answers its tasks.

    definition: JSON or YAML text, a dict, or a `pathlib.Path` of a file with one, or of a template with one (see
    `sfnbook.templates`). Raises DefinitionError, whose ``diagnostics`` name every fault. name: by default the file's; it
    chooses among the machines of a template. type: the file's by default, else STANDARD. namespace: where functions are
    looked up by name at each call (a notebook's variables). draft: True takes a definition whose only errors are
    placeholders that nobody has filled in; it can be drawn, but not run. substitutions: what the ``${Name}``
    placeholders of a text or a file stand for, as ``{"Name": "value"}``.
    buckets: what stands in for S3 where a distributed Map reads items or writes results: ``{"bucket": "directory"}``,
    a directory with a folder for each bucket, or `sfnbook.tasks.aws.datasets.buckets.Buckets`.
    """

    known_by_name = True
    """Whether other machines of this process find it by its name, which keeps it."""

    def __init__(
        self,
        definition: Written,
        *,
        name: str = "",
        type: MachineType | None = None,
        namespace: Mapping[str, Any] | None = None,
        buckets: Places = None,
        draft: bool = False,
        substitutions: Mapping[str, str] | None = None,
    ) -> None:
        if isinstance(definition, Path):
            stem = definition.name.partition(".")[0]
            definition = choose(find_in(definition, substitutions), name)
            name = name or definition.name or stem
        elif substitutions:
            if not isinstance(definition, str):
                raise InputError(
                    "substitutions fill in the placeholders of a text or of a file: give JSON, YAML or a Path."
                )
            definition = choose(find(definition, substitutions), name)
        self._template = definition if isinstance(definition, TemplateMachine) else None
        own = self._template.type if self._template is not None else None
        self._type: MachineType = _type(type or own or "STANDARD")
        self._name = name or (self._template.name if self._template is not None else "") or "machine"
        found, program, self._diagnostics = examine(definition, self.type)
        self._unfilled = found is not None and program is None
        if found is None or (self._unfilled and not draft):
            raise DefinitionError(self._diagnostics, self.name)
        self._definition = found
        self.advice: tuple[Diagnostic, ...] = ()
        """What the rules of `sfnbook check` say besides ``diagnostics``, where somebody has asked them: a cell does."""
        self._program = program if program is not None else compile_definition(found, self.type)[0]
        self._bindings = Registry(namespace)
        self._store = Buckets.of(buckets)
        self._runs: RunList[Run] = RunList()
        self._lock = threading.Lock()
        if self.known_by_name:
            start_execution.machines[self.name] = self

    @property
    def name(self) -> str:
        """The machine's name."""
        return self._name

    @property
    def type(self) -> MachineType:
        """STANDARD or EXPRESS."""
        return self._type

    @property
    def definition(self) -> Definition:
        """What the definition says: the caller's own copy, ``.text`` of it, ``.machine`` and its states."""
        return self._definition.copy()

    @property
    def bindings(self) -> Registry:
        """What answers its tasks; `bind` adds to it."""
        return self._bindings

    @property
    def store(self) -> Store:
        """What stands in for S3; see ``buckets``."""
        return self._store

    @property
    def runs(self) -> RunList[Run]:
        """Its runs: the last few whole (``runs.keep``), of older ones what a list shows (``runs.past``)."""
        return self._runs

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was found in the definition: warnings, and of a draft its errors."""
        return self._diagnostics

    @property
    def unfilled(self) -> bool:
        """Whether it is a draft with placeholders that nobody has filled in: it can be drawn, but not run."""
        return self._unfilled

    @property
    def arn(self) -> str:
        """The machine's ARN here: always in this region and account, which are made up."""
        return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{self.name}"

    def bind(
        self, resource: str, handler: Callable[..., Any] | str, *, executor: Executor | None = None
    ) -> StateMachine:
        """Let ``handler`` answer ``resource``: an ARN, a function's name, a glob or a state's name. Returns self.

        handler: a function ``(event, context)`` or ``(event)``, sync or async, or the name of one, looked up at each
        call. executor: where the function runs instead of this kernel's own threads: any
        `concurrent.futures.Executor`, for example a ProcessPoolExecutor or a Dask cluster's ``client.get_executor()``.
        Raises BindingError or InputError for anything else.
        """
        self.bindings.add(resource, handler, executor)
        return self

    def to_dot(self) -> graphviz.Digraph:
        """Return the diagram as a Graphviz digraph, for other tools; ``.source`` is its text."""
        from sfnbook.diagram.dot import to_dot
        from sfnbook.diagram.graph import graph

        return to_dot(graph(self._definition), self.name)

    def to_svg(self, theme: Theme = "light") -> str:
        """Return the diagram as SVG text. theme: "light", "dark", or "auto" for what the reader's system prefers."""
        from sfnbook.widget.pictures import machine_svg

        return machine_svg(self, theme)

    def to_png(self, theme: Theme = "light", scale: float = 2) -> bytes:
        """Return the diagram as PNG. scale: pixels for each one of the SVG, from 0.1 to 10.

        Raises InputError where the library for it is not installed: ``pip install 'sfnbook[png]'``.
        """
        from sfnbook.diagram.picture import to_png

        return to_png(self.to_svg(theme), scale)

    def to_mermaid(self) -> str:
        """Return the diagram as a Mermaid flowchart: for Markdown on GitHub, GitLab or in Jupyter."""
        from sfnbook.diagram.graph import graph
        from sfnbook.diagram.mermaid import mermaid

        return mermaid(graph(self._definition))

    def policy(self, runs: Iterable[Any] | None = None, *, region: str = "", account: str = "") -> Policy:
        """Return the IAM policy that the machine's role needs, as the developer guide has it for each integration.

        ``print(machine.policy())`` is JSON that IAM takes; ``.notes`` say what is wider than it might be, and
        ``.review(role)`` compares with an existing role. runs: runs here or recorded ones (`sfnbook.replay`): only what
        they called is allowed then, on what they called it on. region, account: of ARNs that the definition only has the
        names for; ``*`` by default.
        """
        from sfnbook.policy.document import policy

        found = self._template
        logging = found is not None and bool(found.logging)
        tracing = found is not None and found.tracing
        root, given = self._definition.machine, list(runs) if runs is not None else None
        return policy(
            root, name=self.name, runs=given, region=region, account=account, logging=logging, tracing=tracing
        )

    def to_jsonata(self, inputs: Iterable[Json] = ()) -> Conversion:
        """Return the machine with JSONata instead of JSONPath: ``.machine``, and ``.text`` of its definition.

        Both versions run over made inputs, ``inputs`` and every failure that a Retry or Catch names. A state whose two
        versions differ, or that has no exact counterpart, stays in JSONPath: ``.kept`` says which and why.
        """
        from sfnbook.convert.proof import to_jsonata

        if self._unfilled:
            raise DefinitionError(self._diagnostics, self.name)
        return to_jsonata(self, inputs)

    def to_template(self, format: str = "sam") -> str:
        """Return the machine as text for a project: "sam", "cfn" (CloudFormation) or "terraform".

        With a role that has its `policy`, and a parameter for each ``${Name}`` in the definition. Raises InputError for
        another format.
        """
        from sfnbook.convert.snippets import Snippet, snippet

        needed = self.policy()
        return snippet(
            Snippet(self.name, self.type, self._definition.machine.fields, needed.document, needed.notes), format
        )  # fmt: skip

    def variant(self, definition: Mapping[str, Any]) -> StateMachine:
        """Return another definition as a machine of this name and type that nothing else knows."""
        return SeenMachine(definition, name=self.name, type=self.type)

    def tasks(self) -> list[TaskInfo]:
        """Return the Task states with what answers each as far as the definition tells."""
        return tasks_of(self._definition, self.bindings)

    def run(
        self,
        input: Json = None,
        *,
        bind: Mapping[str, Any] | None = None,
        mocks: Iterable[Mock] = (),
        test_case: str | None = None,
        mock_config: str | Path | Mapping[str, Any] | None = None,
        answers: Mapping[str, Any] | None = None,
        buckets: Places = None,
        clock: str | Clock = "virtual",
        seed: int = 0,
        name: str | None = None,
        wait: bool = True,
        threads: bool = False,
        listener: Callable[[Run], None] | None = None,
        parent: Run | None = None,
        faults: Iterable[str | Fault] = (),
        breakpoints: Iterable[str] | None = None,
        paused: bool = False,
    ) -> Run:
        """Run the machine and return the run; a failed run is a result, not an exception.

        input: any JSON value, ``{}`` by default (`sfnbook.values.NULL` for JSON's null). bind: bindings for this run only. buckets: what
        stands in for S3 in this run (see `Buckets`). clock: ``virtual`` (a Wait takes no
        time), ``virtual@2026-01-31T09:00:00Z`` (begins then), ``real`` or ``xN``. seed: of UUIDs, random numbers and jitter. wait: False returns at once and the run
        goes on in the background. threads: True runs every task on a worker thread, so that the run can be stopped
        while one is busy. listener: called with the run after every change, on the driving thread.
        mocks: made with `sfnbook.mock`, for this run only. test_case: one of ``mock_config`` (a MockConfigFile.json of
        Step Functions Local, or its content) whose mocks count. answers: what callback tasks and activities get from
        outside, by state: an output, `returns`, `raises` or a list of those; given at all, even empty, nobody else answers, and
        on the virtual clock an unanswered task times out without waiting. parent: the run whose task starts this one.
        faults: what goes wrong, as ``Ship=States.Timeout@1-2`` (see `sfnbook.tasks.faults`). breakpoints, paused:
        stop there, or before the first state; the run then goes on in the background and ``debugger`` steers it.
        Raises InputError for an input that is no JSON or larger than 256 KiB, and for a name that AWS does not take.
        """
        if self._unfilled:
            raise DefinitionError(self._diagnostics, self.name)
        checked_name(name)
        data = checked_input({} if input is None else None if input is NULL else input, "input")
        registry = self.bindings
        mocked = self._mocks(mocks, test_case, mock_config) if mocks or (test_case, mock_config) != (None, None) else ()
        scripts = answer_scripts(answers, self._resources()) if answers else {}
        wrong = faults_of(faults, self._program) if faults else ()
        stops = self._stops(breakpoints, paused)
        if bind or mocked:
            registry = Registry(parent=self.bindings)
            for resource, handler in {**(bind or {}), **{m.state: m for m in mocked}}.items():
                registry.add(resource, handler)
        store = self.store if buckets is None else Buckets.of(buckets)
        services.guard()
        with self._lock:
            number = self.runs.total + 1
            run = Run(
                self,
                data,
                registry,
                number,
                store=store,
                scripts=scripts,
                clock=clock,
                seed=seed,
                name=name,
                threads=threads,
                parent=parent,
                faults=wrong,
            )
            self.runs.append(run)
        if stops is not None:
            run._debugger = Debugger(run._session, stops, paused=paused)
        if listener is not None:
            run.add_listener(listener)
        if wait and stops is None:
            run._waited_for = True
            run._all_answers_given = answers is not None
            run._session.drive()
        else:
            run._session.start()
        return run

    def run_named(self, name: str) -> Run | None:
        """Return the latest run of a name that is kept, None when there is none."""
        return next((run for run in reversed(self.runs) if run.name == name), None)

    def let_go(self, name: str) -> bool:
        """Return whether a run of a name is remembered by its line only."""
        return any(past.name == name for past in self.runs.past)

    def _stops(self, breakpoints: Iterable[str] | None, paused: bool) -> list[Breakpoint] | None:
        if breakpoints is None and not paused:
            return None
        namespace = self.bindings.namespace
        return [breakpoint_of(text, self._program, namespace) for text in breakpoints or ()]

    def debug(self, input: Json = None, *, breakpoints: Iterable[str] = (), **options: Any) -> Run:
        """Start a run that stands still before its first state, and return at once. ``options`` are those of `run`.

        ``run.debugger`` steps, continues and edits; `sfnbook.stepper.Stepper` goes back, too.
        """
        return self.run(input, breakpoints=breakpoints, paused=True, **options)

    def _resources(self) -> dict[str, Resource]:
        states = self._definition.machine.walk()
        return {state.name: parse_resource(state.fields["Resource"]) for state in states if state.type == "Task"}

    def _mocks(
        self, mocks: Iterable[Mock], test_case: str | None, config: str | Path | Mapping[str, Any] | None
    ) -> list[Mock]:
        given: Any = mocks
        found: list[Mock] = [given] if isinstance(given, Mock) else list(given)
        for one in found:
            if not isinstance(one, Mock):
                raise InputError(
                    f'mocks is a list of mocks, such as [mock("State", returns({{...}}))]; {one!r} is none.'
                )
        if test_case is not None:
            found = [*configured(read_config(config), self.name, test_case), *found]
        elif config is not None:
            raise InputError("mock_config needs a test_case: the name of one of its test cases.")
        if found:
            resources = self._resources()
            for mock in found:
                mock.fits(resources)
        return found

    def simulate(
        self,
        input: Json = None,
        *,
        runs: int = 1_000,
        durations: Mapping[str, Duration] | None = None,
        outputs: Mapping[str, Json] | None = None,
        errors: Mapping[str, Mapping[str, float]] | None = None,
        histories: Iterable[Any] = (),
        seed: int = 0,
        region: str = "us-east-1",
        rate: float | None = None,
        type: MachineType | None = None,
    ) -> Simulation:
        """Make many runs in virtual time and return durations and costs. No function is called.

        durations: seconds that each Task takes, by state: a number, ``(least, most)``, a list of measured ones, or
        ``{"p50": 0.2, "p95": 1.5}``. outputs: what a Task answers (``{}`` by default). errors: the share of its calls that fail, by
        error: ``{"Charge": {"Card.Unreachable": 0.02}}``. histories: recorded runs (`sfnbook.replay`) whose answers and
        durations are drawn for Tasks that nothing else is said of. region: of the prices and quotas (`sfnbook.runs.prices`).
        rate: executions that begin each second, compared with the region's quotas. type: what it would be as STANDARD or
        EXPRESS (default: the machine's own type). Raises InputError for a state that is not there, for what is no duration
        and for a region whose prices are not known, DefinitionError where the other type does not allow the definition.
        """
        from sfnbook.simulation.many_runs import simulate

        if self._unfilled:
            raise DefinitionError(self._diagnostics, self.name)
        program = self._program
        if type is not None and _type(type) != self.type:
            _, other, diagnostics = examine(self._template or self._definition.text, type)
            if other is None:
                raise DefinitionError(diagnostics, self.name)
            program = other
        data = checked_input({} if input is None else None if input is NULL else input, "input")
        return simulate(
            program, data, name=self.name, runs=runs, durations=durations, outputs=outputs, errors=errors,
            histories=histories, seed=seed, region=region, rate=rate,
        )  # fmt: skip

    def _begin(
        self,
        begun: Fork,
        origin: Run | None = None,
        *,
        bind: Mapping[str, Any] | None = None,
        wait: bool = True,
        threads: bool = False,
        name: str | None = None,
        breakpoints: Iterable[str] | None = None,
        paused: bool = False,
        recorded: Mapping[Place, Sequence[Scripted]] | RecordedAnswers | None = None,
    ) -> Run:
        """Start a run that goes on from a fork, of ``origin`` or of a recorded history. The rest as for `Run.fork`.

        recorded: answers that come before the bindings, or bindings with them, see `RecordedAnswers`.
        """
        checked_name(name)
        stops = self._stops(breakpoints, paused)
        services.guard()
        registry, store, scripts = self.bindings, self.store, dict[str, Script]()
        if origin is not None and self is origin.machine:
            registry, store, scripts = origin._answering
        if isinstance(recorded, RecordedAnswers):
            registry = recorded
        elif recorded is not None:
            registry = RecordedAnswers(recorded, registry)
        elif bind:
            registry = Registry(parent=registry)
        if bind:
            for resource, handler in bind.items():
                registry.add(resource, handler)
        with self._lock:
            number = max(self.runs.total, origin.number if origin is not None else 0) + 1
            run = Run(
                self,
                begun.journal.input,
                registry,
                number,
                store=store,
                scripts=scripts,
                clock=VirtualClock(
                    begun.execution.now, getattr(origin._session.clock, "grain", 0.0) if origin else 0.0
                ),
                seed=begun.journal.seed,
                name=name,
                threads=threads,
                parent=None,
                faults=origin.faults if origin is not None else (),
                begun=begun,
            )
            self.runs.append(run)
        if origin is not None:
            kept = len(begun.execution.events)
            run._session.logs.update((key, log) for key, log in origin._session.logs.items() if key[1] <= kept)
        if stops is not None:
            whence = origin.name if origin is not None else "the history"
            run._debugger = Debugger(run._session, stops, paused=paused, reason=f"from {whence}")
        if wait and stops is None:
            run._waited_for = True
            run._session.drive()
        else:
            run._session.start()
        return run

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from sfnbook.widget.mimebundle import machine_bundle  # loads the page: only when somebody looks

        return machine_bundle(self)

    def _display_(self) -> Any:  # marimo's
        from sfnbook.widget.mimebundle import live_widget

        return live_widget(self, None)

    def __repr__(self) -> str:
        states = sum(1 for _ in self._definition.machine.walk())
        return printable(f"<StateMachine {self.name}: {states} state{'s' if states != 1 else ''}, {self.type}>")


class SeenMachine(StateMachine):
    """A machine made of what was seen elsewhere, a history or an account's: no machine here is to start it by name."""

    known_by_name = False


def checked_name(name: str | None) -> None:
    """Raise InputError for an execution's name that AWS does not take (API reference: StartExecution, name)."""
    if name is None:
        return
    found = start_execution.FORBIDDEN.search(name)
    if found is not None or not 1 <= len(name) <= start_execution.LONGEST_NAME:
        why = f"{found[0]!r} is not allowed in it" if found else f"it has {len(name)} characters"
        raise InputError(
            f"An execution cannot be called {name!r}: {why}. Take 1 to {start_execution.LONGEST_NAME} letters, digits, - and _."
        )


def read_input(text: str) -> Json:
    """Return the value of an input given as JSON text. Raises InputError that says where it goes wrong."""
    try:
        return from_text(text)
    except ValueError as fault:
        raise InputError(f"The input is no JSON: {fault}. A string needs double quotes.") from None
