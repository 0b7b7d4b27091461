"""Serving: the command line's ``serve`` and the notebook's ``%sfn_serve``.

Owns the process's side: options, address, the thread in a notebook.
"""

from __future__ import annotations

import logging
import os
import secrets
import shlex
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from sfnbook.errors import InputError
from sfnbook.run import ACCOUNT, REGION
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.store import Store
from sfnbook.tasks.aws.datasets.buckets import Places
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.registry import Registry

PORT: Final = 8083

HOST_PREFIX: Final = (
    'clients put "sync-" before the host. AWS_DISABLE_HOST_PREFIX_INJECTION=true (AWS CLI, boto3), '
    "disableHostPrefix: true (JavaScript)"
)
"""What is said about the host of two actions; docs/guide/endpoint.md has the other clients."""


@dataclass(slots=True)
class Options:
    """What is served and where. db: a file, "" for one that goes with the process. speed: machine seconds per second.

    reload: called now and then; says what it has read again, None when nothing. http_tasks: what HTTP Tasks may reach
    (`sfnbook.tasks.aws.services.reach.WORDS`). allow_hosts: other names that clients may call it by. fixed: region and account
    are these, whatever requests are signed for. services: start the embedded services before anything is served.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    db: str = ""
    token: str | None = None
    region: str = REGION
    account: str = ACCOUNT
    speed: float = 1.0
    registry: Registry | None = None
    mocks: Any = None
    buckets: Places = None
    workspace: Any = None
    reload: Callable[[], str | None] | None = None
    http_tasks: frozenset[str] = frozenset()
    allow_hosts: frozenset[str] = frozenset()
    fixed: bool = False
    services: bool = False


def check_token(options: Options) -> None:
    """Raise InputError for a token that is empty."""
    if options.token is not None and not options.token.strip():
        raise InputError("The token is empty, which would let everybody in. Give one, or leave it out: one is made up.")


def make(options: Options) -> Any:
    """Return the uvicorn configuration. Raises InputError when the extra is not installed."""
    try:
        import uvicorn

        from sfnbook.server.http.app import LOOPBACK, make_app
        from sfnbook.server.http.connection import BoundedConnection
    except ImportError as fault:
        raise InputError(f"Serving needs {fault.name}. Install it with: pip install 'sfnbook[server]'") from None
    check_token(options)
    if options.host not in LOOPBACK and options.token is None:
        options.token = os.environ.get("SFNBOOK_TOKEN") or secrets.token_urlsafe(24)
    store = Store(options.db)

    def opener() -> Endpoint:
        return Endpoint(
            store,
            region=options.region,
            account=options.account,
            registry=options.registry,
            http_tasks=options.http_tasks,
            speed=options.speed,
            mocks=options.mocks,
            buckets=options.buckets,
            workspace=options.workspace,
        )

    app = make_app(
        opener, token=options.token, hosts=LOOPBACK | options.allow_hosts, reload=options.reload, fixed=options.fixed
    )
    return uvicorn.Config(
        app,
        http=BoundedConnection,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        limit_concurrency=2_000,
        timeout_graceful_shutdown=2,
        lifespan="on",
        ws="none",
    )


def listen(options: Options) -> socket.socket:
    """Return the socket that is served. Raises InputError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only on a socket that says it is TCP; else an answer may wait 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((options.host, options.port))
        made.listen(2048)
        return made
    except (OSError, OverflowError, ValueError) as fault:  # ValueError: a host that is no name
        made.close()
        why = getattr(fault, "strerror", None) or str(fault).removeprefix("bind(): ").removesuffix(".")
        raise InputError(f"Cannot listen on {options.host}:{options.port}: {why}.") from None


def url(options: Options, port: int) -> str:
    """Return where clients find the server."""
    return f"http://[{options.host}]:{port}" if ":" in options.host else f"http://{options.host}:{port}"


def aws_command(options: Options, where: str) -> str:
    """Return how the AWS CLI is called for the server, as it works where no AWS configuration is: without an operation."""
    place = f"--region {options.region} --endpoint-url {where}"
    if options.token is None:
        return f"aws stepfunctions --no-sign-request {place}"
    return f"AWS_ACCESS_KEY_ID={shlex.quote(options.token)} AWS_SECRET_ACCESS_KEY=test aws stepfunctions {place}"


def own_places(where: str) -> list[str]:
    """Take back places of services that are this server itself, and return what to say about them."""
    own = urlsplit(where)
    said = []
    for variable in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        parts = urlsplit(os.environ[variable])
        same = parts.port == own.port and (parts.hostname or "") in {own.hostname, "localhost", "127.0.0.1", "::1"}
        if same and variable not in ("AWS_ENDPOINT_URL_SFN", "AWS_ENDPOINT_URL_STEPFUNCTIONS"):
            os.environ.pop(variable)
            said.append(
                f"{variable} is this server itself, which is Step Functions alone: it does not count for the services "
                "of its tasks. Give clients AWS_ENDPOINT_URL_SFN."
            )
    return said


def run(options: Options, say: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM. say: called with each line for the user; prints it by default."""
    say = say or partial(print, flush=True)
    config = make(options)
    import uvicorn

    for name in ("sfnbook", "asyncio"):
        logging.getLogger(name).addHandler(logging.StreamHandler(sys.stderr))
    place = listen(options)
    where = url(options, place.getsockname()[1])
    say(f"Step Functions at {where} (Ctrl-C ends it)")
    say(f"  {aws_command(options, where)} list-state-machines")
    say(f"  StartSyncExecution and TestState: {HOST_PREFIX}")
    for line in own_places(where):
        say(f"  {line}")
    if options.services:
        services.start()
        say("  embedded services: started")
    if options.db:
        say(f"  database: {options.db}")
    else:
        say("  nothing is kept after the end; --db FILE keeps it")
    if options.token is not None:
        say(f"  token: {options.token}  (as AWS access key id, or {where}/?token=...)")
    sys.setswitchinterval(0.001)  # functions that compute share the interpreter with the answers to requests
    uvicorn.Server(config).run(sockets=[place])


class Served:
    """A server on a thread of its own, as a notebook has it. url: where it answers. endpoint: what is behind it."""

    def __init__(self, options: Options) -> None:
        import asyncio

        config = make(options)
        import uvicorn

        self.options = options
        self._server = uvicorn.Server(config)
        self._socket = listen(options)
        self.port: int = self._socket.getsockname()[1]
        self.url = url(options, self.port)

        def serve() -> None:
            asyncio.run(self._server.serve(sockets=[self._socket]))

        self._thread = threading.Thread(target=serve, name="sfnbook-server", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it. Executions that still run stay where they are in the database."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
