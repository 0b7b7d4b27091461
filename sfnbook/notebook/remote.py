"""The magics about other places: ``%sfn_serve``, ``%sfn_watch``, ``%sfn_deploy``, and ``%sfn_run --on``.

Owns their words and the one server of a notebook; serving is `server`'s, the other places are `targets`'.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from sfnbook.errors import InputError
from sfnbook.notebook.arguments import Arguments, Command, Option, refuse
from sfnbook.notebook.options import BACKGROUND, ON
from sfnbook.notebook.output import display
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.aws.services.reach import WORDS, read_words
from sfnbook.values import NULL, Json, to_text
from sfnbook.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.server.http.run_server import Served
    from sfnbook.targets.remote import RemoteRun
    from sfnbook.targets.target import Target

SERVE: Final = Command(
    name="%sfn_serve",
    words="",
    summary="Serve the Step Functions API from this notebook: its machines and functions, for the AWS CLI and any SDK.",
    options=(
        Option("port", "PORT", "where to listen (default: 8083)"),
        Option("db", "FILE", "keep machines and executions in this SQLite file"),
        Option("host", "ADDRESS", "the address to listen on (default: 127.0.0.1; others need a token)"),
        Option("token", "TEXT", "what clients must know: their AWS access key id, or a Bearer token"),
        Option(
            "allow-host",
            "NAME",
            "another name that clients may call it by, such as host.docker.internal",
            repeatable=True,
        ),
        Option("region", "REGION", "the region of everything here (default: of each request's signature)"),
        Option("account", "ID", "the account of everything here, 12 digits"),
        Option("mock-config", "FILE", "Step Functions Local's MockConfigFile.json"),
        Option("env-file", "FILE", "Step Functions Local's settings, NAME=value lines"),
        Option("http-tasks", "WORDS", f"what HTTP Tasks may reach beside HTTPS endpoints: {', '.join(WORDS)}"),
        Option("services", "", "start the embedded services now, not at first use"),
        Option("stop", "", "stop serving"),
    ),
    examples=("%sfn_serve", "%sfn_serve --port 8090 --db shop.db", "%sfn_serve --stop"),
    allowed=0,
)
WATCH: Final = Command(
    name="%sfn_watch",
    words="ARN",
    summary="Show an execution live, wherever it runs: the diagram, the data, the history.",
    options=(ON, BACKGROUND),
    examples=(
        "%sfn_watch arn:aws:states:us-east-1:123456789012:execution:shop:one",
        "%sfn_watch arn:aws:states:eu-west-1:123456789012:execution:shop:one --on aws:work",
    ),
    required=1,
    allowed=1,
)
DEPLOY: Final = Command(
    name="%sfn_deploy",
    words="NAME",
    summary="Create a machine elsewhere, or update it after its differences have been shown.",
    options=(
        ON,
        Option("role", "ARN", "the execution role; on AWS it is looked for when not given"),
        Option("yes", "", "do not ask"),
    ),
    examples=("%sfn_deploy shop --on http://127.0.0.1:8083", "%sfn_deploy shop --on aws:work --role arn:aws:iam::..."),
    required=1,
    allowed=1,
)

_served: Final[WeakKeyDictionary[Workspace, Served]] = WeakKeyDictionary()


def served(workspace: Workspace) -> Served | None:
    """Return the notebook's server, None when there is none."""
    found = _served.get(workspace)
    return found if found is not None and found.running else None


def serve(workspace: Workspace, arguments: Arguments) -> str:
    """Carry out ``%sfn_serve`` and return what to show."""
    from sfnbook.server.config import local_environment, mock_config, settings
    from sfnbook.server.http.run_server import PORT, Options, Served, aws_command, check_token, own_places

    if arguments.option("stop") is not None:
        return "The endpoint is closed." if _stop(workspace) else "There is no endpoint to close."
    port = arguments.option("port") or str(PORT)
    if not port.isdecimal() or int(port) > 65_535:
        raise refuse(SERVE, f"--port {port}: give a number up to 65535.")
    mocks, env_file = arguments.option("mock-config"), arguments.option("env-file")
    if env_file is not None:
        local_environment(os.environ, Path(env_file).expanduser())
    options = Options(
        host=arguments.option("host") or "127.0.0.1",
        port=int(port),
        db=arguments.option("db") or "",
        token=arguments.option("token"),
        workspace=workspace,
        mocks=mock_config(Path(mocks) if mocks is not None else None),
        http_tasks=read_words(arguments.option("http-tasks") or ""),
        allow_hosts=frozenset(name.lower() for name in arguments.options.get("allow-host", ())),
        services=arguments.option("services") is not None,
        **settings(arguments.option("region"), arguments.option("account")),
    )
    check_token(options)
    _stop(workspace)
    now = _served[workspace] = Served(options)
    lines = [
        f"Step Functions at {now.url}: the machines and functions of this notebook. The page there shows what runs.",
        f"  {aws_command(options, now.url)} list-state-machines",
        *(f"  {line}" for line in own_places(now.url)),
    ]
    if options.services:
        services.start()
        lines.append("  embedded services: started")
    if options.token is not None:
        lines.append(f"  token: {options.token}  (as AWS access key id, or {now.url}/?token=...)")
    return "\n".join(lines)


def _stop(workspace: Workspace) -> bool:
    """Stop the notebook's server; return whether there was one."""
    before = _served.pop(workspace, None)
    if before is not None:
        before.stop()
    return before is not None


def place_of(workspace: Workspace, text: str | None) -> Target:
    """Return the place that ``--on`` names, the notebook's own endpoint without. Raises InputError."""
    from sfnbook.targets.target import read_target

    if text not in (None, "here", "endpoint"):
        return read_target(str(text))
    own = served(workspace)
    if own is None:
        raise InputError("Say where: --on http://127.0.0.1:8083, --on aws:PROFILE, or start an endpoint: %sfn_serve")
    return read_target(own.url)


def watch(shell: InteractiveShell, workspace: Workspace, arguments: Arguments) -> Any:
    """Carry out ``%sfn_watch`` and return the run."""
    from sfnbook.targets import remote

    run = remote.watch(place_of(workspace, arguments.option("on")), arguments.words[0], workspace.machines)
    show(shell, run, wait=arguments.option("background") is None)
    return run


def run_on(shell: InteractiveShell, workspace: Workspace, machine: Any, input: Json, arguments: Arguments) -> RemoteRun:
    """Carry out ``%sfn_run --on`` and return the run."""
    from sfnbook.targets import remote

    text = to_text(None if input is NULL else input)
    run = remote.start(place_of(workspace, arguments.option("on")), machine, text, arguments.option("name"))
    show(shell, run, wait=arguments.option("background") is None)
    return run


def show(shell: InteractiveShell, run: Any, *, wait: bool) -> None:
    """Show a run elsewhere while it goes on, and at its end. An interrupt ends the watching, not the run."""
    display.show_remote(shell, run, wait=wait)
    if run.fault is not None:
        print(run.fault)


def deploy(workspace: Workspace, arguments: Arguments) -> str:
    """Carry out ``%sfn_deploy`` and return what to show."""
    from sfnbook.targets.deploy import deploy as carry_out

    machine = workspace.machine(arguments.words[0])
    place = place_of(workspace, arguments.option("on"))

    def ask(question: str) -> bool:
        print(question)
        if arguments.option("yes") is not None:
            return True
        try:
            return input("[y/N] ").strip().lower() in ("y", "yes")
        except (
            EOFError,
            OSError,
            RuntimeError,
        ):  # among them ipykernel's StdinNotImplementedError where no front end takes an answer
            raise InputError(
                f"Nobody can be asked here. Pass --yes to do it: %sfn_deploy {machine.name} --on {place.text} --yes"
            ) from None

    done = carry_out(place, machine, ask, role=arguments.option("role"))
    return f"{machine.name} at {place.text}: {done.done}" + (f"\n  {done.arn}" if done.arn else "")
