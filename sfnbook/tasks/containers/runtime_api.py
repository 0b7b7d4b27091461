"""RuntimeApi: Lambda's Runtime API for one container whose image carries only a runtime interface client.

Owns the protocol (``/2018-06-01/runtime/...``): hands an invocation to who asks for the next one, takes its answer.
One server and port per container, so that the port tells who asks. Knows nothing of containers.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Literal

from sfnbook.tasks.containers.exit_codes import LIMIT

_ROOT: Final = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function is called with. deadline: seconds since the epoch."""

    id: str
    payload: bytes
    function_arn: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: an answer's bytes, the document of an error, or that the runtime could not begin."""

    kind: Literal["answer", "error", "init"]
    body: bytes
    too_long: bool = False


class RuntimeApi:
    """A server for one container. host: the address to listen on. announced: the name the container knows it by."""

    def __init__(self, host: str = "127.0.0.1", announced: str = "") -> None:
        self._next: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._pending: Invocation | None = None
        self.asked = threading.Event()
        self.closed = False
        self._server = _Server((host, 0), _Handler)
        self._server.owner = self
        self.address = f"{announced or host}:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sfnbook-runtime-api", daemon=True
        ).start()

    def give(self, invocation: Invocation) -> None:
        """Let the runtime have an invocation as its next one."""
        self._pending = invocation
        self._next.put(invocation)

    def reply(self, seconds: float) -> Reply | None:
        """Return the reply to the invocation given last, None when there is none within some seconds."""
        try:
            return self._replies.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Stop serving; a runtime that waits for its next invocation is released."""
        self.closed = True
        self._next.put(None)
        self._server.shutdown()
        self._server.server_close()

    # ------------------------------------------------------------------------------------------- for the handler
    def take(self) -> Invocation | None:
        """Wait for the next invocation; None when there will be none."""
        self.asked.set()
        return self._next.get()

    def put(self, id: str, reply: Reply) -> bool:
        """Take a reply; False for one that is not awaited."""
        pending = self._pending
        if id and (pending is None or pending.id != id):
            return False
        self._pending = None
        self._replies.put(reply)
        self.asked.set()
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: RuntimeApi


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if not self._allowed():
            return
        if self.path != _ROOT + "invocation/next":
            self._answer(404, b'{"errorMessage":"No such resource","errorType":"NotFound"}')
            return
        invocation = self.server.owner.take()
        if invocation is None:
            self.close_connection = True
            return
        self._answer(
            200,
            invocation.payload,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.id,
                "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{invocation.id.replace('-', '')[:24]}",
            },
        )

    def do_POST(self) -> None:
        body, too_long = self._body()
        if not self._allowed():
            return
        owner = self.server.owner
        match self.path.removeprefix(_ROOT).split("/"):
            case ["init", "error"]:
                accepted = owner.put("", Reply("init", body))
            case ["invocation", id, "response"]:
                accepted = owner.put(id, Reply("answer", body, too_long))
            case ["invocation", id, "error"]:
                accepted = owner.put(id, Reply("error", body))
            case _:
                self._answer(404, b'{"errorMessage":"No such resource","errorType":"NotFound"}')
                return
        if too_long:
            self._answer(413, b'{"errorMessage":"The response is too long","errorType":"RequestEntityTooLarge"}')
        elif accepted:
            self._answer(202, b'{"status":"OK"}')
        else:
            self._answer(400, b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')

    def _allowed(self) -> bool:
        """Whether a runtime asks, and no web page: pages give an Origin, or come under another name."""
        if self.headers.get("Host") == self.server.owner.address and "Origin" not in self.headers:
            return True
        self._answer(403, b'{"errorMessage":"Forbidden","errorType":"Forbidden"}')
        return False

    def _body(self) -> tuple[bytes, bool]:
        """The request's body, at most `LIMIT` bytes of it, and whether there was more."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, LIMIT))
        left = length - len(body)
        while left > 0 and (piece := self.rfile.read(min(left, 65_536))):
            left -= len(piece)
        return body, length > LIMIT

    def _chunks(self) -> tuple[bytes, bool]:
        body, too_long = bytearray(), False
        while size := int(self.rfile.readline(100).split(b";")[0] or b"0", 16):
            piece = self.rfile.read(size)
            self.rfile.readline(4)
            too_long = too_long or len(body) + size > LIMIT
            if not too_long:
                body += piece
        while self.rfile.readline(1000).strip():
            pass
        return bytes(body), too_long

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([*lines, "Content-Type: application/json", "", ""])
        self.wfile.write(head.encode("latin-1") + body)  # one write, one packet

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the notebook is no server's console."""
