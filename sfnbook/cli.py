"""The command line: ``sfnbook lab``, ``run``, ``validate`` and ``serve``.

Owns arguments, exit codes and what is printed; everything else is a call of the workspace. Exit codes: 0 it worked,
1 the run or the definition failed, 2 the command could not be carried out.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sfnbook.commands import ci, definitions, draw, fetch, info, new, simulate, testing
from sfnbook.errors import DefinitionError, InputError, SfnbookError
from sfnbook.text import terminal

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine
    from sfnbook.project import Project
    from sfnbook.recorded_run import RecordedRun
    from sfnbook.run import Run
    from sfnbook.server.config import Config
    from sfnbook.text.progress import Progress

_EPILOG: Final = """\
examples:
  sfnbook lab
  sfnbook run shop.asl.json --input '{"order": 7}' --bind 'arn:aws:lambda:*:function:decide=shop:decide'
  sfnbook check . --format github
  sfnbook serve --db shop.db
"""


_CLOCK_HELP: Final = "how fast waits pass (default: virtual; virtual@2026-01-31T09:00Z begins then)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code."""
    with terminal.safe():
        try:
            code = _judged(arguments)
            sys.stdout.flush()
            return code
        except terminal.Unwritable as fault:
            terminal.forsake(sys.stdout)
            if fault.gone:  # the reader of our output has gone, as `| head` does
                return 0
            print(f"sfnbook: the output cannot be written: {fault}.", file=sys.stderr)
            return 2


def _judged(arguments: Sequence[str] | None) -> int:
    """Carry out a command line and return its exit code, with a line on standard error for what it refuses."""
    try:
        return _carry_out(arguments)
    except DefinitionError as error:
        print(error, file=sys.stderr)
        return 1
    except SfnbookError as error:
        print(f"sfnbook: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsfnbook: interrupted.", file=sys.stderr)
        return 130
    except OSError as fault:  # what the system refuses, such as a file name that is too long, with its own words
        print(f"sfnbook: {fault.filename or 'The system'}: {fault.strerror or fault}.", file=sys.stderr)
        return 2
    except SystemExit as end:  # argparse's: --help, --version, and what it refuses
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 2


def _carry_out(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    code: int = options.command(options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sfnbook",
        description="AWS Step Functions on your machine: the course in JupyterLab, or a state machine in the terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND")

    lab = commands.add_parser("lab", help="open JupyterLab on a copy of the course")
    lab.add_argument("--dir", default="sfnbook-course", help="where the copy goes (default: ./sfnbook-course)")
    lab.add_argument(
        "--reset", metavar="CHAPTER", help="lay out a chapter anew, as 04; yours is kept as a copy beside it"
    )
    lab.add_argument(
        "jupyter", nargs="*", metavar="-- ARG", help="arguments for JupyterLab, for example -- --no-browser"
    )
    lab.set_defaults(command=_lab)

    run = commands.add_parser("run", help="run a state machine and print what happened")
    _add_machine(run)
    run.add_argument("--input", default="", metavar="JSON|@FILE", help="the input (default: {})")
    run.add_argument(
        "--bind",
        action="append",
        default=[],
        metavar="RESOURCE=MODULE:FUNCTION",
        help="the function that answers a resource, given as ARN, glob or state name; repeatable",
    )
    run.add_argument("--bindings", type=Path, metavar="FILE", help="a TOML file that says what answers, as for serve")
    run.add_argument("--clock", default="virtual", metavar="virtual|real|x60", help=_CLOCK_HELP)
    run.add_argument("--type", choices=["STANDARD", "EXPRESS"], help="the machine's type (default: the file's)")
    run.add_argument("--name", help="the run's name")
    run.add_argument("--json", action="store_true", help="print DescribeExecution's answer and the history as JSON")
    run.add_argument("--quiet", action="store_true", help="say nothing (on standard error) while it runs")
    run.add_argument("--fault", action="append", default=[], metavar="STATE=WHAT", help="what goes wrong; repeatable")
    run.add_argument("--no-setup", action="store_true", help="do not make a template's tables, queues, ... first")
    _add_mocks(run)
    _add_substitute(run)
    run.set_defaults(command=_run)

    debug = commands.add_parser(
        "debug", help="step through a run: stop, edit, go back, go on (help lists the commands)"
    )
    _add_machine(debug)
    debug.add_argument("--input", default="", metavar="JSON|@FILE", help="the input (default: {})")
    debug.add_argument(
        "--bind", action="append", default=[], metavar="RESOURCE=MODULE:FUNCTION", help="as for run; repeatable"
    )
    debug.add_argument("--bindings", type=Path, metavar="FILE", help="a TOML file that says what answers, as for serve")
    debug.add_argument(
        "--break", action="append", default=[], dest="stops", metavar="PLACE", help="a state; repeatable"
    )
    debug.add_argument("--fault", action="append", default=[], metavar="STATE=WHAT", help="what goes wrong; repeatable")
    debug.add_argument("--clock", default="virtual", metavar="virtual|real|x60", help=_CLOCK_HELP)
    debug.add_argument("--type", choices=["STANDARD", "EXPRESS"], help="the machine's type (default: the file's)")
    debug.add_argument("--no-setup", action="store_true", help="do not make a template's tables, queues, ... first")
    _add_mocks(debug)
    _add_substitute(debug)
    debug.set_defaults(command=_debug)

    validate = commands.add_parser("validate", help="say what is wrong with a definition, and where")
    _add_machine(validate)
    validate.add_argument("--type", choices=["STANDARD", "EXPRESS"], help="the machine's type (default: the file's)")
    validate.add_argument("--json", action="store_true", help="print ValidateStateMachineDefinition's answer as JSON")
    _add_substitute(validate)
    validate.set_defaults(command=_validate)
    definitions.add(commands)
    draw.add(commands)
    new.add(commands)
    testing.add(commands)
    ci.add(commands)
    simulate.add(commands)
    fetch.add(commands)
    info.add(commands)
    _add_serve(commands)
    return parser


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "machine", nargs="?", metavar="FILE", help="the definition, JSON or YAML, or a template with it"
    )
    parser.add_argument("--template", metavar="FILE", help="the same")
    parser.add_argument("--machine", dest="machine_id", default="", metavar="ID", help="which machine of a template")


def _add_mocks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--test-case", metavar="CASE", help="let the mocks of this test case answer")
    parser.add_argument(
        "--mock-config", metavar="FILE", help="Step Functions Local's MockConfigFile.json (default: the one here)"
    )


def _add_substitute(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--substitute",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what ${NAME} stands for in the definition; repeatable",
    )


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="serve the Step Functions API on this machine")
    serve.add_argument("--host", default="127.0.0.1", help="the address (default: 127.0.0.1; others need a token)")
    serve.add_argument("--port", type=int, default=8083, help="the port (default: 8083)")
    serve.add_argument("--db", default="", metavar="FILE", help="keep machines and executions in this SQLite file")
    serve.add_argument("--bindings", type=Path, metavar="FILE", help="a TOML file that says what answers the tasks")
    serve.add_argument(
        "--bind",
        action="append",
        default=[],
        metavar="RESOURCE=MODULE:FUNCTION",
        help="the function that answers a resource; repeatable",
    )
    serve.add_argument("--setup", type=Path, metavar="TEMPLATE", help="make its resources, answer with its functions")
    serve.add_argument("--reload", action="store_true", help="read the bindings file again whenever it changes")
    serve.add_argument("--mock-config", type=Path, metavar="FILE", help="Step Functions Local's MockConfigFile.json")
    serve.add_argument(
        "--env-file", type=Path, metavar="FILE", help="Step Functions Local's settings, NAME=value lines"
    )
    serve.add_argument(
        "--http-tasks",
        default="",
        metavar="WORDS",
        help="what HTTP Tasks may reach beside HTTPS endpoints: local, http, loopback, private, link-local",
    )
    serve.add_argument("--region", help="the region of everything here (default: of each request's signature)")
    serve.add_argument("--account", help="the account of everything here, 12 digits")
    serve.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name that clients may call this server by, such as host.docker.internal; repeatable",
    )
    serve.add_argument("--services", action="store_true", help="start the embedded services now, not at first use")
    serve.add_argument("--token", help="what clients must know: their AWS access key id, or a Bearer token")
    serve.set_defaults(command=_serve)


def _serve(options: argparse.Namespace) -> int:
    from sfnbook.server.config import Config, local_environment, mock_config, settings
    from sfnbook.server.http.run_server import Options, run
    from sfnbook.tasks.aws.services.endpoints import services
    from sfnbook.tasks.aws.services.reach import read_words

    services.guard(always=True)
    local_environment(os.environ, options.env_file)
    config = Config(options.bindings)
    for text in options.bind:
        config.registry.add(*_binding(text))
    if options.setup is not None:
        project = _project(options.setup, {}, setup=True)
        if project.template is None and not project.functions():
            what = "no template with resources or functions" if options.setup.exists() else "there is no such file"
            raise InputError(f"--setup {options.setup}: {what}.")
        project.bind(config.registry)
        for note in project.notes:
            print(f"sfnbook: {note}", file=sys.stderr)
    run(
        Options(
            host=options.host,
            port=options.port,
            db=options.db,
            token=options.token,
            registry=config.registry,
            mocks=mock_config(options.mock_config),
            buckets=config.buckets or None,
            reload=config.reload if options.reload else None,
            http_tasks=read_words(options.http_tasks),
            allow_hosts=frozenset(name.lower() for name in options.allow_host),
            services=options.services,
            **settings(options.region, options.account),
        )
    )
    return 0


class _Version(argparse.Action):
    """Prints the version and ends, as argparse's own does, which would have to know the version at each start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"sfnbook {version('sfnbook')}")
        except PackageNotFoundError:
            print("sfnbook (from its source folder)")
        parser.exit()


def _file(options: argparse.Namespace) -> str:
    """Return the file with the machine, however it was given."""
    if options.machine is None and options.template is None:
        raise InputError("There is no FILE with a definition: name it, as in `sfnbook validate shop.asl.json`.")
    return str(options.machine if options.machine is not None else options.template)


def _project(path: Path, substitutions: dict[str, str], *, setup: bool) -> Project:
    """Return the project of a file, its functions importable and, with ``setup``, its resources made."""
    from sfnbook.project import Project

    project = Project(path, substitutions)
    if setup:
        project.set_up()
    return project


def _started(
    options: argparse.Namespace, progress: Progress | None = None, **more: Any
) -> tuple[Run, Callable[[], StateMachine]]:
    """Run the machine in a file; return the run, and what reads the file again."""
    from sfnbook.language.placeholders import kept_as_text, reminder
    from sfnbook.tasks.aws.services.endpoints import services
    from sfnbook.templates.find import choose, substitutions
    from sfnbook.workspace import Workspace, read_input

    services.guard(always=True)
    name = options.machine_id or Path(_file(options)).name.removesuffix(".json").removesuffix(".yaml").removesuffix(
        ".asl"
    )
    workspace = Workspace()
    bindings = _bindings(options.bindings)
    bind = {one.pattern: one.target for one in bindings.registry} | dict(_binding(text) for text in options.bind)
    project = _project(Path(_file(options)), substitutions(options.substitute), setup=not options.no_setup)

    def newest() -> StateMachine:
        machines = project.machines()
        found = choose(machines, name, options.machine_id)
        for other in machines:  # which this one may start
            if other is not found and not other.problem:
                with suppress(DefinitionError):
                    project.bind(workspace.define(other.name, other, bind=bind).bindings)
        machine = workspace.define(name, found, type=options.type, bind=bind)
        project.bind(machine.bindings)
        return machine

    machine = newest()
    if progress is not None:
        progress.follow(lambda: next(iter(machine.runs), None))
    for note in project.notes:
        print(f"sfnbook: {note}", file=sys.stderr)
    if names := kept_as_text(machine._definition.machine):
        print(f"sfnbook: a placeholder without a value is taken as it is written. {reminder(names)}", file=sys.stderr)
    run = workspace.run(
        name,
        read_input(options.input),
        clock=options.clock,
        faults=options.fault,
        test_case=options.test_case,
        mock_config=options.mock_config,
        buckets=bindings.buckets or None,
        **more,
    )
    return run, newest


def _bindings(file: Path | None) -> Config:
    """Return what a bindings file says."""
    from sfnbook.server.config import Config

    return Config(file)


def _run(options: argparse.Namespace) -> int:
    from sfnbook.text.progress import Progress
    from sfnbook.text.run_text import run_text

    with Progress(terminal.bare(sys.stderr), quiet=options.quiet) as progress:
        listener = _say_what_is_waited_for(progress.say)
        run, _ = _started(options, progress=progress, name=options.name, listener=listener)
    if options.json:
        print(json.dumps({**run.describe(), "events": run.history()}, indent=2, ensure_ascii=False, default=_iso))
    else:
        print(run_text(run))
    return _exit_code(run)


def _say_what_is_waited_for(say: Callable[[str], None]) -> Callable[[Run], None]:
    """Return a listener that says once of each task that nobody here may ever answer what it waits for."""
    from sfnbook.text.waiting import HOW_IN_A_TERMINAL, waiting_text

    said: set[int] = set()

    def listen(run: Run) -> None:
        for call in run._session.waiting():
            if call.id not in said:
                how = "" if said else f"\n  {HOW_IN_A_TERMINAL}"
                said.add(call.id)
                say(f"sfnbook: {waiting_text(call)}{how}")

    return listen


def _exit_code(run: Run | RecordedRun) -> int:
    from sfnbook.runtime.session import INTERRUPTED

    if run.status == "ABORTED" and run.error == INTERRUPTED:
        raise KeyboardInterrupt
    return 0 if run.status == "SUCCEEDED" else 1


def _debug(options: argparse.Namespace) -> int:
    from sfnbook.stepper import Stepper
    from sfnbook.text.run_text import run_text

    run, newest = _started(options, breakpoints=options.stops, paused=True)
    stepper = Stepper(run, newest)
    print("help lists the commands; an empty line repeats the last one; Ctrl-D ends.")
    _step_through(stepper)
    if stepper.run.done:
        print(run_text(stepper.run))
    return _exit_code(stepper.run)


def _step_through(stepper: Any) -> None:
    """Read commands and say where the run stands, until the lines end or the run has ended and nobody goes back."""
    last = "over"
    while True:
        _await_pause(stepper)
        print(stepper.words(), flush=True)
        try:
            line = input("(sfn) ").strip() or last
        except EOFError:
            print()
            return
        if line in ("q", "quit", "exit"):
            return
        last = line
        try:
            if said := stepper.do(line):
                print(said)
        except SfnbookError as error:
            print(f"sfnbook: {error}")


def _await_pause(stepper: Any) -> None:
    """Wait until the run stands still or has ended; Ctrl-C pauses it."""
    while stepper.past is None:
        try:
            if stepper.wait(0.5):
                return
        except KeyboardInterrupt:
            stepper.halt()


def _iso(moment: Any) -> str:
    """Return a date as the AWS command line prints it."""
    return str(moment.isoformat())


def _binding(text: str) -> tuple[str, Any]:
    """Return (resource, function) of ``RESOURCE=MODULE:FUNCTION``."""
    from sfnbook.tasks.registry import is_target_text, split_pair

    resource, target = split_pair(text)
    if is_target_text(target):
        return resource, target
    module, colon, function = target.partition(":")
    if not (resource and colon and module and function):
        raise InputError(f"--bind {text}: write RESOURCE=MODULE:FUNCTION, for example --bind Decide=shop:decide.")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise InputError(f"--bind {text}: the module {module} cannot be imported here: {error}.") from None
    except (Exception, SystemExit) as fault:  # the module is the user's: whatever it raises is theirs to see
        lines = [
            f
            for f in traceback.extract_tb(fault.__traceback__)
            if f.filename != __file__ and "importlib" not in f.filename
        ]
        where = f" ({lines[-1].filename}, line {lines[-1].lineno})" if lines else ""
        if isinstance(fault, SyntaxError):
            where = f" ({fault.filename}, line {fault.lineno})"
        words = f"{type(fault).__name__}: {getattr(fault, 'msg', fault)}".removesuffix(".")
        raise InputError(f"--bind {text}: the module {module} failed while it was imported: {words}{where}.") from None
    if not callable(getattr(found, function, None)):
        raise InputError(f"--bind {text}: the module {module} has no function {function}.")
    return resource, getattr(found, function)


def _validate(options: argparse.Namespace) -> int:
    from sfnbook.machine import answer, diagnose
    from sfnbook.templates.find import choose, find_in, substitutions

    found = choose(find_in(_file(options), substitutions(options.substitute)), asked=options.machine_id)
    diagnostics = diagnose(found, options.type)
    answered = answer(diagnostics)
    if answered["result"] == "FAIL" and not options.json:
        from sfnbook.lint.check import refusals

        diagnostics = tuple(refusals(found.definition, type=options.type or found.type or "STANDARD"))
    if options.json:
        print(json.dumps(answered, indent=2, ensure_ascii=False))
    else:
        for diagnostic in diagnostics:
            print(diagnostic)
        print(f"{found.file or _file(options)}: {answered['result']}")
    return 0 if answered["result"] == "OK" else 1


def _lab(options: argparse.Namespace) -> int:
    from sfnbook.exercises.course import lay_out, reset

    if importlib.util.find_spec("jupyterlab") is None:
        raise InputError("JupyterLab is not installed. Install it with: pip install 'sfnbook[lab]'")
    folder = Path(options.dir).expanduser().resolve()
    for line in [*(reset(folder, options.reset) if options.reset else []), *lay_out(folder)]:
        print(line)
    command = [sys.executable, "-m", "jupyterlab", *lab_options(folder), *options.jupyter]
    print(f"Opening JupyterLab in {folder}. Ctrl-C twice ends it.", flush=True)
    if sys.platform != "win32":
        os.execv(command[0], command)
    import subprocess  # exec on Windows returns to the prompt while JupyterLab still runs

    return subprocess.call(command)


_SETTINGS = Path(__file__).parent / "_lab"
"""Settings of JupyterLab for `sfnbook lab` alone: it does not ask whether it may fetch news."""


def lab_options(folder: Path) -> list[str]:
    """Return the options JupyterLab is started with: the copy as its root, the first notebook open, nothing fetched."""
    first = min(folder.glob("*.ipynb"), default=None)
    options = [
        f"--ServerApp.root_dir={folder}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--LabApp.app_settings_dir={_SETTINGS}",
    ]
    if first is not None:
        options.append(f"--LabApp.default_url=/lab/tree/{first.name}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # containers run as root; JupyterLab still listens on loopback with a token
    return options
