"""The magics: ``%%statemachine``, ``%sfn_run``, ``%sfn_bind``, ``%sfn_list`` and what `COMMANDS` has besides.

Owns the words of each command and nothing else: a magic reads its line, calls the workspace and shows the answer.
Errors of ours are shown as their message, without a traceback.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import CheckError, DefinitionError, InputError, SfnbookError
from sfnbook.machine import StateMachine
from sfnbook.notebook import aws_services, editing, remote, stepping, testing
from sfnbook.notebook.arguments import Arguments, Command, Option, parse, refuse, split, unquote
from sfnbook.notebook.checking import CHECK, advise, check_text
from sfnbook.notebook.exercises import EXERCISE, Exercises
from sfnbook.notebook.exporting import EXPORT, export
from sfnbook.notebook.gallery import TEMPLATE, Templates
from sfnbook.notebook.options import (
    BACKGROUND,
    BREAK,
    CLOCK,
    EACH,
    FAULT,
    MOCK_CONFIG,
    NAME,
    ON,
    QUIET,
    TEST_CASE,
    mocked,
)
from sfnbook.notebook.output import display
from sfnbook.notebook.output.tracebacks import without_traceback
from sfnbook.notebook.serving import SERVE_LAMBDA, serve_lambda
from sfnbook.tasks.mocks import Outcome
from sfnbook.tasks.registry import is_target_text, split_pair
from sfnbook.tasks.target import is_target
from sfnbook.templates.find import substitutions
from sfnbook.workspace import Workspace, is_blank, read_input, variable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.notebook.output.batch import Batch
    from sfnbook.notebook.output.test_state import Tested
    from sfnbook.recorded_run import RecordedRun
    from sfnbook.run import Run
    from sfnbook.simulation.result import Simulation
    from sfnbook.sweep import Sweep
    from sfnbook.targets.remote import RemoteRun
    from sfnbook.testing.generation.search import Cases

STATEMACHINE: Final = Command(
    name="%%statemachine",
    words="NAME",
    summary="Define a state machine: the cell's body, or a file, holds the States Language as JSON or YAML.",
    options=(
        Option("type", "TYPE", "STANDARD (default) or EXPRESS", choices=("STANDARD", "EXPRESS")),
        Option("file", "FILE", "read the definition from a file instead of the cell, a template's too"),
        Option("template", "FILE", "the same, for a template of SAM, CloudFormation, Terraform, ..."),
        Option("machine", "ID", "which machine of the template (default: the one called NAME)"),
        Option("bind", "RESOURCE=NAME", "the function that answers an ARN, a glob or a state", repeatable=True),
        Option("substitute", "NAME=VALUE", "what ${NAME} stands for in the definition", repeatable=True),
    ),
    examples=(
        '%%statemachine hello\n{"StartAt": "Greet", "States": {"Greet": {"Type": "Pass", "End": true}}}',
        "%statemachine shop --file shop.asl.json --bind Decide=my_function",
    ),
    required=1,
    allowed=1,
)
RUN: Final = Command(
    name="%sfn_run",
    words="NAME [INPUT]",
    summary="Run a state machine. INPUT is JSON, a Python variable or expression, or @FILE; or the body of %%sfn_run.",
    options=(
        CLOCK,
        BACKGROUND,
        NAME,
        ON,
        TEST_CASE,
        MOCK_CONFIG,
        BREAK,
        FAULT,
        QUIET,
        EACH,
    ),
    examples=(
        '%sfn_run shop {"order": 7}',
        "%sfn_run shop order --clock x60",
        "%sfn_run shop @order.json --background",
        "batch = %sfn_run shop orders_frame --each --quiet",
    ),
    required=1,
)
BIND: Final = Command(
    name="%sfn_bind",
    words="RESOURCE TARGET",
    summary="Let a function, docker:IMAGE, process:COMMAND or a Lambda endpoint's URL answer a resource. "
    "Without words: list what is bound.",
    options=(Option("executor", "POOL", "where a function runs: a concurrent.futures.Executor, as a process pool"),),
    examples=(
        "%sfn_bind arn:aws:lambda:eu-west-1:300577164517:function:AMIS_deciding_function decide",
        "%sfn_bind *:function:AMIS_* answer_all",
        '%sfn_bind "Get statistics" statistics',
        "%sfn_bind resize docker:my-resizer:latest",
        '%sfn_bind Score "process:python3 score.py --fast"',
        "%sfn_bind *:function:* http://127.0.0.1:3001",
        "%sfn_bind Score score --executor pool",
    ),
)
LIST: Final = Command(
    name="%sfn_list",
    words="",
    summary="List the machines of this notebook with their runs.",
    examples=("%sfn_list",),
    allowed=0,
)
TEST_STATE: Final = Command(
    name="%sfn_test_state",
    words="NAME STATE [INPUT]",
    summary="Try one state alone, as AWS's TestState does. INPUT as for %sfn_run.",
    options=(
        Option("level", "LEVEL", "INFO, DEBUG (default: every stage of the data) or TRACE", ("INFO", "DEBUG", "TRACE")),
        Option("mock", "MOCK", 'the task\'s answer: {"result": ...} or {"errorOutput": {"error": ..., "cause": ...}}'),
        Option("variables", "JSON", "the variables the state sees"),
        Option("context", "JSON", "the Context object the state sees"),
    ),
    examples=(
        '%sfn_test_state shop Decide {"amount": 40}',
        '%sfn_test_state shop "Was it OK?" {"decision": {"statusCode": 500}}',
        """%sfn_test_state shop Decide {"amount": 40} --mock '{"result": {"statusCode": 200}}'""",
    ),
    required=2,
)
HELP: Final = Command(
    name="%sfn_help",
    words="",
    summary="List these commands with a line each.",
    examples=("%sfn_help", "%sfn_run --help"),
    allowed=0,
)
COMMANDS: Final = {
    command.name.lstrip("%"): command
    for command in (
        STATEMACHINE,
        editing.NEW,
        TEMPLATE,
        RUN,
        BIND,
        LIST,
        TEST_STATE,
        stepping.DEBUG,
        stepping.SWEEP,
        stepping.REPLAY,
        aws_services.SERVICES,
        aws_services.CONFIG,
        aws_services.DOCTOR,
        SERVE_LAMBDA,
        remote.SERVE,
        remote.WATCH,
        remote.DEPLOY,
        EXPORT,
        CHECK,
        HELP,
        testing.TEST,
        testing.COVERAGE,
        testing.CASES,
        testing.SIMULATE,
        EXERCISE,
    )
}
WITH_CELL: Final = ("statemachine", "sfn_run", "sfn_debug", "sfn_check", "sfn_test", "sfn_exercise")
"""The commands that take a cell's body, too."""

_TAKEN_AS_TEXT: Final = frozenset({"mock", "variables", "context"})
"""Options whose value is read as an input is; in any other one a variable is put in."""


class Magics:
    """The magics of one shell over one workspace."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace) -> None:
        self.shell = shell
        self.workspace = workspace
        self.exercises = Exercises(workspace)
        self.templates = Templates(shell, workspace)
        self.steppers = stepping.Steppers(shell, workspace, self._evaluate)
        self._locals: Mapping[str, Any] | None = None

    def register(self) -> None:
        """Make the magics known to the shell."""
        register: Callable[..., None] = self.shell.register_magic_function
        for name, command in COMMANDS.items():
            kind = "line_cell" if name in WITH_CELL else "line"
            register(self._magic(getattr(self, name), command), magic_kind=kind, magic_name=name)

    def _magic(self, function: Callable[..., Any], command: Command) -> Callable[..., Any]:
        """Return a magic that shows our errors as their message, and whose line IPython leaves as it is."""

        @functools.wraps(function)
        def magic(*args: Any, local_ns: Mapping[str, Any] | None = None) -> Any:
            self._locals = local_ns if local_ns is not self.shell.user_ns else None
            try:
                return function(*args)
            except SfnbookError as error:
                raise without_traceback(error) from None
            finally:
                self._locals = None

        magic.__doc__ = command.help()  # what %sfn_run? shows
        magic.needs_local_scope = True  # type: ignore[attr-defined]  # a function's variables, where a magic stands in one
        magic._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # braces here are JSON's, not Python's
        return magic

    def statemachine(self, line: str, cell: str | None = None) -> None:
        """Define a state machine. See %statemachine --help."""
        some = (cell and cell.strip()) or "--file" in line or "--template" in line
        with self.workspace.defining(_first_word(line)) if some else nullcontext():
            arguments = self._arguments(STATEMACHINE, line)
            if arguments is None:
                return
            file = arguments.option("file") or arguments.option("template")

            def define(text: str) -> StateMachine:
                return self._define(arguments.words[0], None if file else text, arguments)

            try:
                machine = self._define(arguments.words[0], cell, arguments)
            except DefinitionError as error:
                given = line.strip(), cell or ""
                shown = functools.partial(editing.broken, self.workspace, arguments, *given, error.diagnostics, define)
                display.show_unfinished(self.shell, shown, open=not self.workspace.completed_by_page)
                raise
        display.show_machine(
            self.shell, machine, lambda: editing.canvas(machine, line.strip(), cell or "", define, file)
        )

    def _define(self, name: str, cell: str | None, arguments: Arguments) -> StateMachine:
        file = arguments.option("file") or arguments.option("template")
        if file and cell and cell.strip():
            raise refuse(STATEMACHINE, "The definition is given twice: in the cell and by --file.")
        if not file and is_blank(cell or ""):
            raise refuse(STATEMACHINE, "There is no definition: write it in the cell below this line, or give --file.")
        bind = dict(self._pair(pair) for pair in arguments.options.get("bind", ()))
        type: Any = arguments.option("type")  # the option's choices are the types there are
        machine = self.workspace.define(
            name,
            Path(file) if file else cell or "",
            type=type,
            bind=bind,
            substitutions=substitutions(arguments.options.get("substitute", ())),
            machine_id=arguments.option("machine") or "",
        )
        if problem := advise(machine, file):
            print(f"sfnbook: {problem}")
        return machine

    def sfn_new(self, line: str) -> None:
        """Open an empty canvas. See %sfn_new --help."""
        arguments = self._arguments(editing.NEW, line)
        if arguments is not None:
            machine, canvas = editing.new(self.workspace, arguments)
            display.show_machine(self.shell, machine, lambda: canvas, open=True)

    def sfn_template(self, line: str) -> None:
        """Show machines to start from, or write one's cells. See %sfn_template --help."""
        arguments = self._arguments(TEMPLATE, line)
        if arguments is None:
            return
        text = self.templates.text(arguments)
        shown = display.show_gallery(self.shell, lambda: self.templates.gallery(arguments), text)
        if arguments.words and not (shown and self.workspace.completed_by_page):
            print(self.templates.write(arguments))

    def sfn_run(self, line: str, cell: str | None = None) -> Run | RemoteRun | Batch | None:
        """Run a state machine. See %sfn_run --help."""
        arguments = self._arguments(RUN, line)
        if arguments is None:
            return None
        if arguments.rest and cell and cell.strip():
            raise refuse(RUN, "The input is given twice: in the line and in the cell.")
        machine = self.workspace.machine(arguments.words[0])
        input = read_input((cell or "").strip() or arguments.rest, self._evaluate)
        if arguments.option("on") is not None:
            return remote.run_on(self.shell, self.workspace, machine, input, arguments)
        clock = arguments.option("clock") or self.workspace.clock
        case = mocked(arguments)
        stops = arguments.options.get("break")
        options = {"faults": arguments.options.get("fault", ()), "breakpoints": stops}

        def start(name: str | None = None, data: Any = input) -> Run:
            return self.workspace.run(machine, data, clock=clock, name=name, wait=False, **case, **options)

        quiet = arguments.option("quiet") is not None
        if arguments.option("each") is not None:
            for name in ("name", "break", "background"):
                if name in arguments.options:
                    raise refuse(RUN, f"--{name} is for one run, --each makes several.")
            return display.show_batch(self.shell, machine, input, lambda data: start(None, data), quiet=quiet)
        if quiet and stops is None:
            return display.show_line(start(arguments.option("name")), wait=arguments.option("background") is None)
        page = display.Page(self.shell, machine, again=start)
        run = start(arguments.option("name"))
        if stops is not None:
            self.steppers.start(machine, run, page)
            return None
        page.show(run, wait=arguments.option("background") is None)
        return run

    def sfn_test(self, line: str, cell: str | None = None) -> None:
        """Run a cell that is a test. See %sfn_test --help."""
        arguments = self._arguments(testing.TEST, line)
        if arguments is not None:
            if cell is None or not cell.strip():
                raise refuse(testing.TEST, "There is no test: write its assertions in the cell below this line.")
            print(testing.run_test(self.shell, arguments, cell))

    def sfn_coverage(self, line: str) -> None:
        """Show what the runs covered. See %sfn_coverage --help."""
        arguments = self._arguments(testing.COVERAGE, line)
        if arguments is None:
            return
        from IPython.display import display as show

        for found in testing.coverage(self.workspace, arguments.words):
            show(found)  # type: ignore[no-untyped-call]

    def sfn_cases(self, line: str) -> Cases | None:
        """Make test cases from a machine's definition. See %sfn_cases --help."""
        arguments = self._arguments(testing.CASES, line)
        return testing.cases(self.workspace, arguments.words[0]) if arguments is not None else None

    def sfn_simulate(self, line: str) -> Simulation | None:
        """Make many runs in virtual time. See %sfn_simulate --help."""
        arguments = self._arguments(testing.SIMULATE, line)
        if arguments is None:
            return None
        return testing.simulation(self.workspace, arguments, read_input(arguments.rest, self._evaluate))

    def sfn_debug(self, line: str, cell: str | None = None) -> None:
        """Start a run that stands still before its first state, or steer one. See %sfn_debug --help."""
        if line.strip() == "help" and "help" not in self.workspace.machines:
            print(stepping.DEBUG.help())
            return
        if self.steppers.is_command(line):
            self.steppers.do(line.strip())
            return
        arguments = self._arguments(stepping.DEBUG, line)
        if arguments is None:
            return
        machine = self.workspace.machine(arguments.words[0])
        input = read_input((cell or "").strip() or arguments.rest, self._evaluate)
        clock = arguments.option("clock") or self.workspace.clock
        options = {
            "breakpoints": arguments.options.get("break", ()),
            "faults": arguments.options.get("fault", ()),
            **mocked(arguments),
            "paused": True,
        }

        def start(name: str | None = None) -> Run:
            return self.workspace.run(machine, input, clock=clock, name=name, wait=False, **options)

        page = display.Page(self.shell, machine, again=start)
        self.steppers.start(machine, start(arguments.option("name")), page)

    def sfn_sweep(self, line: str) -> Sweep | None:
        """Let every task fail in every way. See %sfn_sweep --help."""
        arguments = self._arguments(stepping.SWEEP, line)
        return stepping.sweep_of(self.workspace, arguments, self._evaluate) if arguments is not None else None

    def sfn_replay(self, line: str) -> RecordedRun | None:
        """Show a recorded history and go on from any point of it. See %sfn_replay --help."""
        arguments = self._arguments(stepping.REPLAY, line)
        return self.steppers.replay(arguments, self._value) if arguments is not None else None

    def sfn_bind(self, line: str) -> None:
        """Let a function answer a resource. See %sfn_bind --help."""
        arguments = self._arguments(BIND, line)
        if arguments is None:
            return
        if not arguments.words:
            print(display.bindings_text(self.workspace))
            return
        resource, target = arguments.words[0], unquote(arguments.rest)
        if not target or (len(arguments.words) > 2 and not is_target_text(target)):
            raise refuse(BIND, "Two words are needed: what is to be answered, and by what.")
        pool = arguments.option("executor")
        executor = None if pool is None else self._value(pool)
        answering = self._target(target)
        reached = self.workspace.bind(resource, answering, executor=executor)
        print(f"{resource} → {target}")
        if missing := self.workspace.missing(answering):
            print(f"  {missing} It is looked up at each call: define it before the task runs.")
        print("  " + ("answers " + ", ".join(reached) if reached else "matches no task of a machine here yet"))

    def sfn_list(self, line: str) -> None:
        """List machines and runs. See %sfn_list --help."""
        if self._arguments(LIST, line) is not None:
            print(display.list_text(self.workspace))

    def sfn_test_state(self, line: str) -> Tested | None:
        """Try one state alone. See %sfn_test_state --help."""
        from sfnbook.notebook.output.test_state import try_state

        arguments = self._arguments(TEST_STATE, line)
        if arguments is None:
            return None
        machine = self.workspace.machine(arguments.words[0])
        given = {
            name: read_input(text, self._evaluate)
            for name in ("mock", "variables", "context")
            if (text := arguments.option(name)) is not None
        }
        input = read_input(" ".join(arguments.words[2:]), self._evaluate)
        return try_state(machine, arguments.words[1], input, arguments.option("level") or "DEBUG", given)

    def sfn_services(self, line: str) -> None:
        """Say where AWS services answer. See %sfn_services --help."""
        arguments = self._arguments(aws_services.SERVICES, line)
        if arguments is not None:
            print(aws_services.say(arguments))

    def sfn_config(self, line: str) -> None:
        """Take over an env-file. See %sfn_config --help."""
        arguments = self._arguments(aws_services.CONFIG, line)
        if arguments is not None:
            print(aws_services.take_over(arguments))

    def sfn_doctor(self, line: str) -> None:
        """Say what would answer and whether it does. See %sfn_doctor --help."""
        if self._arguments(aws_services.DOCTOR, line) is not None:
            print(aws_services.diagnose(self.workspace))

    def sfn_serve_lambda(self, line: str) -> None:
        """Offer the notebook's functions as a Lambda endpoint. See %sfn_serve_lambda --help."""
        arguments = self._arguments(SERVE_LAMBDA, line)
        if arguments is not None:
            print(serve_lambda(self.workspace, arguments))

    def sfn_serve(self, line: str) -> None:
        """Serve the Step Functions API from this notebook. See %sfn_serve --help."""
        arguments = self._arguments(remote.SERVE, line)
        if arguments is not None:
            print(remote.serve(self.workspace, arguments))

    def sfn_watch(self, line: str) -> Any:
        """Show an execution wherever it runs. See %sfn_watch --help."""
        arguments = self._arguments(remote.WATCH, line)
        return remote.watch(self.shell, self.workspace, arguments) if arguments is not None else None

    def sfn_deploy(self, line: str) -> None:
        """Create or update a machine remote. See %sfn_deploy --help."""
        arguments = self._arguments(remote.DEPLOY, line)
        if arguments is not None:
            print(remote.deploy(self.workspace, arguments))

    def sfn_check(self, line: str, cell: str | None = None) -> None:
        """Say all that is wrong with definitions. See %sfn_check --help."""
        arguments = self._arguments(CHECK, line)
        if arguments is not None:
            print(check_text(self.workspace, arguments, cell))

    def sfn_export(self, line: str) -> None:
        """Write a run as one HTML file. See %sfn_export --help."""
        arguments = self._arguments(EXPORT, line)
        if arguments is not None:
            print(export(self.workspace, arguments))

    def sfn_exercise(self, line: str, cell: str | None = None) -> None:
        """Answer an exercise. See %sfn_exercise --help."""
        arguments = self._arguments(EXERCISE, line)
        if arguments is None:
            return
        exercise = self.exercises.find(arguments)
        if cell is None:
            display.show_markdown(self.shell, self.exercises.text(exercise, arguments))
            return
        judged = self.exercises.judge(exercise, cell)
        if judged is None:
            print(f"{exercise.name}: write your definition in this cell. %sfn_exercise {exercise.name} shows the task.")
            return
        machine, verdict = judged
        display.show_machine(self.shell, machine)
        print(verdict)
        if verdict.failure is not None:
            display.show_failure(self.shell, verdict.failure)
            raise CheckError(f"{exercise.name} is not right yet. A hint: %sfn_exercise {exercise.name} --hint")

    def sfn_help(self, line: str) -> None:
        """List the commands. See %sfn_help --help."""
        if self._arguments(HELP, line) is not None:
            print(help_text())

    def _arguments(self, command: Command, line: str) -> Arguments | None:
        """Return a line's arguments, or print the help it asks for and return None."""
        arguments = parse(command, line)
        if arguments is None:
            print(command.help())
            return None
        words = arguments.words
        if words and command.words.startswith("NAME") and variable(words[0]):
            words = (self._filled(words[0]), *words[1:])
        options = {
            name: tuple(given if name in _TAKEN_AS_TEXT else self._filled(given) for given in values)
            for name, values in arguments.options.items()
        }
        return replace(arguments, words=words, options=options)

    def _filled(self, text: str) -> str:
        """Return what stands in the variable of ``$name`` or ``{name}``; any other text as it is."""
        name = variable(text)
        if name is None:
            return text
        value = self._value(name)
        if isinstance(value, StateMachine):
            self.workspace.machines[value.name] = value
            return value.name
        if not isinstance(value, (str, int)):
            raise InputError(f"{text} is of type {type(value).__name__}; a name or another text is needed.")
        return str(value)

    def _evaluate(self, text: str) -> Any:
        if self._locals is None:
            return self.shell.ev(text)  # type: ignore[no-untyped-call]  # IPython has no types here
        with self.shell.builtin_trap:
            return eval(text, {**self.shell.user_ns, **self._locals})

    def _pair(self, text: str) -> tuple[str, Any]:
        resource, target = split_pair(text)
        if not target:
            raise refuse(STATEMACHINE, f"--bind {text}: write RESOURCE=NAME, for example --bind Decide=my_function.")
        return unquote(resource), self._target(target)

    def _target(self, text: str) -> Any:
        """Return what a binding's text means: a name is looked up at each call, an expression now."""
        if is_target_text(text) or (text.isidentifier() and text not in (self._locals or ())):
            return text
        value = self._value(text)
        if isinstance(value, Outcome):
            raise InputError(f"{text} is one answer, no binding: give a mock, such as mock(STATE, {text}).")
        if not callable(value) and not is_target(value):
            raise InputError(f"{text} is of type {type(value).__name__}, not a function.")
        return value

    def _value(self, text: str) -> Any:
        try:
            return self._evaluate(text)
        except Exception as error:  # the door: the user's own expression may raise anything
            raise InputError(f"{text} means nothing in this notebook: {type(error).__name__}: {error}") from None


def _first_word(line: str) -> str:
    """Return the name that a line is about, also where its options are wrong."""
    return next((unquote(word) for word in split(line) if not word.startswith("-")), "")


def help_text() -> str:
    """Return a line for each command: its form, and the first sentence of what it does."""
    forms = [
        (f"{command.name} {command.words}".strip(), _first_sentence(command.summary)) for command in COMMANDS.values()
    ]
    width = max(len(form) for form, _ in forms)
    lines = [f"  {form:<{width}}  {words}" for form, words in forms]
    return "\n".join([*lines, "", "Each of them explains itself: %sfn_run --help, or %sfn_run?"])


def _first_sentence(text: str) -> str:
    line = text.splitlines()[0]
    return line.partition(". ")[0].rstrip(".:;, ")
