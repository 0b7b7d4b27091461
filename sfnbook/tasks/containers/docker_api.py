"""ContainerEngine: the Docker API that is at hand, and the containers that this kernel has on it.

Owns how an engine is found (Docker Desktop, Docker Engine, podman, rootless), what its faults mean to a state, and that
nothing is left behind: every container carries labels that name its kernel; a kernel removes its own when it ends, and
those of kernels that have died when it first uses the engine. Other live kernels' containers are never touched.
"""

from __future__ import annotations

import atexit
import codecs
import importlib.util
import os
import platform
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import urlsplit
from uuid import uuid4

from sfnbook.errors import BindingError, TaskError
from sfnbook.runtime.task import Task
from sfnbook.tasks.containers.exit_codes import NOT_FOUND, UNREACHABLE, Exit, not_started

INSTALL: Final = "Containers need the Python package docker: pip install 'sfnbook[containers]'"
_START: Final = (
    "Start Docker Desktop, or Docker Engine, or podman (systemctl --user start podman.socket), or set DOCKER_HOST."
)
_NO_COMMAND: Final = ("executable file not found", "no such file or directory", "permission denied", "no command")
"""How engines say that a container's command cannot be started."""

_LOCK: Final = "sfnbook.lock"
_HOST: Final = "sfnbook.host"
_VERSION: Final = "1.41"
"""Of the API: Docker 20.10's and podman 4's. Asking for the newest that both sides know would take a call more."""

_SECONDS: Final = 30
"""How long an answer of the engine may take."""


def require_docker() -> None:
    """Raise BindingError when the package docker is not installed."""
    found = importlib.util.find_spec("docker")
    if found is None or found.origin is None:
        raise BindingError(INSTALL)


# ------------------------------------------------------------------------------------------------------- connecting
def addresses() -> list[str]:
    """Return where an engine may listen, the likeliest first: what is configured, else the well-known sockets."""
    for variable in ("DOCKER_HOST", "CONTAINER_HOST"):
        if os.environ.get(variable):
            return [os.environ[variable]]
    if sys.platform == "win32":
        return ["npipe:////./pipe/docker_engine", "npipe:////./pipe/podman-machine-default"]
    home, uid = Path.home(), os.getuid()
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}")
    sockets = [
        Path("/var/run/docker.sock"),
        runtime / "docker.sock",
        home / ".docker/run/docker.sock",
        home / ".docker/desktop/docker.sock",
        home / ".colima/default/docker.sock",
        home / ".rd/docker.sock",
        runtime / "podman/podman.sock",
        Path("/run/podman/podman.sock"),
        home / ".local/share/containers/podman/machine/podman.sock",
    ]
    return [f"unix://{path}" for path in sockets if path.exists()]


class Engine:
    """A connection to an engine. ``host``: where the ports that it publishes are reached. ``desktop``: it runs in a
    virtual machine of its own, so that its host network is not this machine's."""

    def __init__(self, address: str) -> None:
        import docker

        if address.startswith("unix://"):
            with socket.socket(socket.AF_UNIX) as probe:  # docker's client tells less, and leaks its socket
                probe.connect(address.removeprefix("unix://"))
        self.address = address
        environment = dict(os.environ, DOCKER_HOST=address)
        options = docker.utils.kwargs_from_env(environment=environment)
        self.api: Any = docker.APIClient(version=_VERSION, timeout=_SECONDS, num_pools=50, **options)
        try:
            system = str(self.api.info().get("OperatingSystem"))
        except Exception:
            self.api.close()
            raise
        self.host = (urlsplit(address).hostname or "127.0.0.1") if address.startswith(("tcp", "http")) else "127.0.0.1"
        self.remote = self.host not in ("127.0.0.1", "localhost", "::1")
        self.desktop = sys.platform != "linux" or "Docker Desktop" in system
        self.own: set[str] = set()
        self._pid = os.getpid()

    def create(self, image: str, **options: Any) -> str:
        """Create a container of this kernel's and return its id. ``options``: docker's low-level ones."""
        labels = {_LOCK: str(kernel_lock()), _HOST: platform.node()}
        created = self.api.create_container(image, labels=labels, **options)
        self.own.add(created["Id"])
        return str(created["Id"])

    def remove(self, container: str) -> None:
        """Kill a container and remove it; nothing happens when it is gone."""
        self._destroy(container)
        self.own.discard(container)

    def _destroy(self, container: str) -> None:
        with suppress(Exception):  # not running, or gone, or the engine is: then there is nothing to kill
            self.api.kill(container)  # first, because podman's forced removal waits 10 s for a polite end
        with suppress(Exception):
            self.api.remove_container(container, force=True, v=True)

    def remove_all(self) -> None:
        """Remove every container of this kernel, also one that another thread is just using."""
        if os.getpid() == self._pid:  # a forked child must leave its parent's alone
            for container in list(self.own):
                self.remove(container)

    def sweep(self) -> list[str]:
        """Remove the containers of kernels of this machine that have died. Returns their ids."""
        found = self.api.containers(all=True, filters={"label": _LOCK})
        dead = [c["Id"] for c in found if c["Labels"].get(_HOST) == platform.node() and _is_dead(c["Labels"][_LOCK])]
        for container in dead:
            self._destroy(container)
        return dead

    def exit_of(self, container: str, *, limited: bool, killed: bool = False) -> Exit:
        """Return how a container ended. limited: whether its memory is limited; killed: whether we have killed it.

        Some engines do not tell that memory ran out: then SIGKILL, not by us, under a limit, is taken for it.
        """
        state = self.api.inspect_container(container)["State"]
        until = time.monotonic() + _SECONDS
        while state["Running"] and time.monotonic() < until:
            time.sleep(0.01)
            state = self.api.inspect_container(container)["State"]
        code = int(state["ExitCode"])
        number = code - 128 if 128 < code < 160 else 0
        memory = bool(state.get("OOMKilled")) or (limited and number == 9 and not killed)
        return Exit(code, number, memory)


_engine: Engine | None = None
_connecting: Final = threading.Lock()


def connect() -> Engine:
    """Return the engine; the first call looks for it. Raises TaskError that says what to install or to start."""
    global _engine
    if _engine is not None:
        return _engine
    with _connecting:
        if _engine is None:
            engine = _find()
            with suppress(Exception):  # leftovers must not keep anybody from working
                engine.sweep()
            atexit.register(engine.remove_all)
            _engine = engine
    return _engine


def disconnect() -> None:
    """Remove this kernel's containers and forget the engine; the next call looks for one anew."""
    global _engine
    if _engine is not None:
        _engine.remove_all()
        atexit.unregister(_engine.remove_all)
        _engine.api.close()
        _engine = None


def _find() -> Engine:
    try:
        require_docker()
    except BindingError as fault:
        raise TaskError(UNREACHABLE, str(fault)) from None
    tried = []
    for address in addresses():
        try:
            return Engine(address)
        except Exception as fault:  # the door to docker's client, which raises its own, requests' and urllib3's
            tried.append(f"{address}: {_reason(fault)}")
    reason = "; ".join(tried) or "there is no socket of Docker or podman"
    raise TaskError(UNREACHABLE, f"No container engine answers ({reason}). {_START}")


def _reason(fault: BaseException) -> str:
    """The innermost words of an exception that wraps others."""
    while (inner := fault.__cause__ or fault.__context__) is not None:
        fault = inner
    strerror = getattr(fault, "strerror", None)
    return str(strerror or fault) or type(fault).__name__


@contextmanager
def translated(task: Task, image: str) -> Iterator[None]:
    """Turn the engine's faults into the task's: no image, no such command, no engine any more, anything else it says."""
    global _engine
    import docker.errors
    import requests

    try:
        yield
    except docker.errors.ImageNotFound:
        raise no_image(image) from None
    except docker.errors.APIError as fault:
        words = str(fault.explanation or fault)
        if "no such image" in words.lower():
            raise no_image(image) from None
        if any(sign in words for sign in _NO_COMMAND):
            raise not_started(task, words) from None
        raise TaskError(UNREACHABLE, f"The container engine refused {image}: {words}") from None
    except docker.errors.DockerException as fault:
        raise TaskError(UNREACHABLE, f"The container engine's client refused {image}: {fault}") from None
    except (requests.exceptions.RequestException, OSError) as fault:
        _engine = None
        raise TaskError(UNREACHABLE, f"The container engine has gone: {_reason(fault)}. {_START}") from None


def no_image(image: str) -> TaskError:
    """Return the failure for an image that the engine does not have."""
    return TaskError(NOT_FOUND, f"There is no image {image} on this engine. Build it, or fetch it: docker pull {image}")


# -------------------------------------------------------------------------------------------------- one container
class Attached:
    """A container's three streams from its start to its end.

    receive: called with (True for stdout, bytes) on a thread of its own. ended: set once the container's outputs are
    closed. frames: how many pieces have come.
    """

    def __init__(self, engine: Engine, container: str, receive: Callable[[bool, bytes], None]) -> None:
        self.engine = engine
        self.container = container
        self.ended = threading.Event()
        self.frames = 0
        self._receive = receive
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        self._stream: Any = engine.api.attach_socket(container, params=wanted)
        self._socket: socket.socket = getattr(self._stream, "_sock", self._stream)
        self._socket.settimeout(None)  # a warm container may be silent for hours
        engine.api.start(container)
        threading.Thread(target=self._read, name="sfnbook-container", daemon=True).start()

    def send(self, data: bytes) -> None:
        """Write to the container's stdin and close it. It need not read it."""
        with suppress(OSError):
            self._socket.sendall(data)
            self._socket.shutdown(socket.SHUT_WR)

    def _read(self) -> None:
        from docker.utils.socket import frames_iter

        with suppress(Exception):  # however the connection breaks, the container's end is what counts
            for stream, data in frames_iter(self._stream, tty=False):
                self.frames += 1
                self._receive(stream == 1, data)
        self.ended.set()
        opened: tuple[Any, ...] = (getattr(self._stream, "_response", None), self._stream, self._socket)
        for one in opened:
            with suppress(Exception):
                one.close()

    def remove(self) -> None:
        """Kill and remove the container; its streams end with it."""
        self.engine.remove(self.container)


def decoder() -> Callable[[bytes], str]:
    """Return what turns a stream's pieces into text, also where a character is cut in two."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode


# -------------------------------------------------------------------------------------------------- whose it is
_held: dict[int, tuple[Path, TextIO]] = {}
"""This process's lock, by its id: a forked child takes one of its own."""


def kernel_lock() -> Path:
    """Return the file that this kernel keeps locked as long as it lives. The operating system frees it at its death."""
    held = _held.get(os.getpid())
    if held is not None:
        return held[0]
    folder = Path(tempfile.gettempdir()) / f"sfnbook-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"kernel-{uuid4().hex}.lock"
    file = path.open("w")
    _lock(file)
    _held[os.getpid()] = (path, file)
    atexit.register(_forget, os.getpid())
    return path


def _forget(pid: int) -> None:
    if os.getpid() == pid:
        path, file = _held.pop(pid)
        path.unlink(missing_ok=True)
        file.close()


def _is_dead(lock: str) -> bool:
    """Whether the kernel that held a lock has died: its file is gone, or nobody holds it."""
    path = Path(lock)
    if any(path == own for own, _ in _held.values()):
        return False
    try:
        with path.open("r+") as file:
            _lock(file)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    path.unlink(missing_ok=True)
    return True


def _lock(file: TextIO) -> None:
    """Lock a file or raise OSError when somebody else holds it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
