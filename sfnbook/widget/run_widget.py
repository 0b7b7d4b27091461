"""The live widget: a run on the page, at the pace the page can take.

Owns the traits, their pace and the messages from the page. Importing it costs what anywidget costs (130 ms): only what
shows a widget does. What the traits hold is `protocol`'s; how they look is static/'s.
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final, Protocol

import anywidget
import traitlets

from sfnbook.errors import SfnbookError
from sfnbook.query.scope import ABSENT
from sfnbook.tasks.start_execution import find
from sfnbook.values import from_text
from sfnbook.widget.assets import loader, script, style
from sfnbook.widget.traits.child_runs import ChildRuns
from sfnbook.widget.traits.recorder import (
    NOT_RUN,
    TERMINAL,
    Recorder,
    debug_message,
    machine_message,
    other_message,
    picture_text,
    plain,
    runs_message,
)
from sfnbook.widget.traits.shapes import EditingMessage
from sfnbook.widget.traits.value import text_of
from sfnbook.widget.viewers import Viewers

LIVE_INTERVAL: Final = 1 / 30
"""Seconds between two updates of ``live``: Jupyter drops messages above about a thousand a second."""

RUNS_INTERVAL: Final = 0.5
"""Seconds between two updates of the list of a machine's runs, as far as others than the one shown are concerned."""

HEAVY_FACTOR: Final = 20
"""The heavy traits may take one part in so many of the time."""

IDLE: Final = 5.0
"""Seconds after which a worker with nothing to do ends; the next message starts another."""

LOOK: Final = 0.5
"""Seconds between two looks whether a cell blocks, while what was sent to nobody yet is new."""


def kernel_id() -> str:
    """Return what Jupyter's server knows this kernel by, ``""`` where this is none of its kernels."""
    app = getattr(
        sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None
    )  # importing it would change how comms are made
    name = PurePath(app.instance().connection_file).name if app is not None and app.initialized() else ""
    return name.removeprefix("kernel-").removesuffix(".json") if name.startswith("kernel-") else ""


class Canvas(Protocol):
    """What answers the page's editor: `sfnbook.editor.canvas.canvas.Canvas`."""

    open: bool
    machine: Any

    def message(self) -> EditingMessage: ...
    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]: ...


class PageScript(anywidget.AnyWidget):
    """Holds the page's script and style for all widgets of this process; shows nothing itself.

    They are 300 kB: with every widget they would be sent, kept by the page and stored in the notebook each time.
    """

    _esm = "export default { render() {} };"
    code: traitlets.Unicode[str, str | bytes] = traitlets.Unicode().tag(sync=True)
    style: traitlets.Unicode[str, str | bytes] = traitlets.Unicode().tag(sync=True)

    def __repr__(self) -> str:
        return "PageScript()"


def page_script() -> PageScript:
    """Return the widget with the script; a new one where the last was closed with all the others."""
    if not _script or _script[-1].comm is None:
        _script[:] = [PageScript(code=script(), style=style())]
    return _script[-1]


_script: Final[list[PageScript]] = []
_VERSION: Final = hashlib.sha256((script() + style()).encode()).hexdigest()[:16]
"""Says which script a page has loaded: another one after an update, in the same page."""


class RunWidget(anywidget.AnyWidget):
    """A machine on the page and, once attached, a run of it: diagram, inspector, timeline.

    What the page asks for is only put into a queue where it arrives (it may arrive on any thread); one worker thread
    answers, and sends what changed. It ends by itself when there is nothing left to do.

    viewers: who sees it; the page is sent nothing of the machine and the run (``unsent``) until somebody does, and no
    changes while nobody does. None: everything at once.
    """

    _esm = loader()
    script: traitlets.Unicode[str, str | bytes] = traitlets.Unicode().tag(sync=True)
    version: traitlets.Unicode[str, str | bytes] = traitlets.Unicode(_VERSION).tag(sync=True)
    machine: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    live: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    visits: traitlets.List[Any] = traitlets.List().tag(sync=True)
    events: traitlets.List[Any] = traitlets.List().tag(sync=True)
    runs: traitlets.List[Any] = traitlets.List().tag(sync=True)
    child_runs: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    loop: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    other: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    editing: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    kernel_id: traitlets.Unicode[str, str | bytes] = traitlets.Unicode().tag(sync=True)
    lazy: traitlets.Bool[bool, bool | int] = traitlets.Bool(False).tag(sync=True)
    unsent: traitlets.Bool[bool, bool | int] = traitlets.Bool(False).tag(sync=True)

    def __init__(self, machine: Any, run: Any = None, *, viewers: Viewers | None = None, **traits: Any) -> None:
        self._subject = machine
        self._viewers = viewers
        self._held_back = False
        self._looks_until = 0.0
        self._recorder: Recorder | None = None
        self._other: Recorder | None = None
        self._child_runs = ChildRuns(machine, find=find)
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._marked = False
        self._more = False
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._complete = threading.Event()
        self._stepper: Any = None
        self._answered = 0
        self._canvas: Canvas | None = None
        self.again: Callable[[], Any] | None = None
        """Starts the run that "Run again" asks for and returns it; None: with the same input and clock."""
        self._followed: weakref.WeakSet[Any] = weakref.WeakSet()
        super().__init__(
            lazy=viewers is not None,
            unsent=viewers is not None,
            machine=machine_message(machine) if viewers is None else {},
            live=dict(NOT_RUN),
            runs=self._runs() if viewers is None else [],
            child_runs=dict(self._child_runs.message()) if viewers is None else {},
            script=f"IPY_MODEL_{page_script().model_id}",
            kernel_id=kernel_id(),
            **traits,
        )
        self.on_msg(self._heard)
        self._runs_of(machine)
        if run is not None:
            self.attach(run)
        elif viewers is not None:
            self._put({"kind": "machine"})

    def __repr__(self) -> str:
        run = self._recorder.run.name if self._recorder is not None else None
        return f"RunWidget({self._subject.name!r}{f', run {run!r}' if run else ''})"

    def attach(self, run: Any) -> None:
        """Show a run from now on, from its beginning to its end; an earlier one is let go."""
        self._complete.clear()
        if self._other is not None:
            self.compare(None)
        self._recorder = Recorder(self._subject, run)
        self._child_runs = ChildRuns(self._subject, run, find=find)
        self._listen(run)
        self._changed(run)

    def compare(self, run: Any) -> None:
        """Show another run beside the one that is shown, None for none; until another run is attached."""
        self._other = None if run is None else Recorder(run.machine, run)
        if run is None:
            self.other = {}
            return
        if hasattr(run, "add_listener"):
            self._listen(run)
        self._complete.clear()
        if self._recorder is not None:
            self._marked = False
            self._changed(self._recorder.run)

    def _listen(self, run: Any) -> bool:
        """Listen to what a run does; False when that was so before."""
        if run in self._followed:
            return False
        self._followed.add(run)
        run.add_listener(self._changed)
        return True

    def steer(self, stepper: Any) -> None:
        """Show what a stepper shows, and give it what is clicked: a run step by step, and its earlier moments."""
        self._stepper = stepper
        stepper.shows.append(lambda: self._put({"kind": "shown"}))
        self.attach(stepper.shown)

    def edit(self, canvas: Canvas, *, open: bool = False) -> None:
        """Let the page edit the machine. open: at once, not only when somebody asks for it."""
        self._canvas = canvas
        canvas.open = open
        self.editing = dict(canvas.message())

    def finish(self, timeout: float | None = None) -> bool:
        """Wait until the run's end has been sent to the page; False when that takes longer than ``timeout`` seconds.

        Returns at once while nobody sees it: the page asks for it later.
        """
        return not self._seen or self._complete.wait(timeout)

    @property
    def _seen(self) -> bool:
        return self._viewers is None or self._viewers.wanted

    def _runs_of(self, machine: Any) -> None:
        """Listen for each new run of a machine, so that the list of runs shows it."""
        if (listen := getattr(getattr(machine, "runs", None), "listen", None)) is not None:
            listen(self._more_runs)

    def _runs(self) -> list[Any]:
        return list(runs_message(getattr(self._subject, "runs", [])))

    # -- on any thread: only enqueue --

    def _more_runs(self) -> None:
        if self._recorder is not None and not self._more and not self._waits_for_viewers:
            self._more = True
            self._put({"kind": "runs"})

    def _heard(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, dict):
            self._put(message)

    def _changed(self, run: Any) -> None:
        if self._recorder is None or self._waits_for_viewers:
            return
        beside = (
            self._other is not None and run is self._other.run and run.status in TERMINAL
        )  # on its way it would cost too much
        if run is not self._recorder.run and not beside and run not in self._child_runs:
            if run.done:
                self._more_runs()
            return
        if self._marked:
            return
        self._marked = True
        self._put(None)

    @property
    def _waits_for_viewers(self) -> bool:
        """Whether there is news already that will be sent once somebody sees it."""
        return self._held_back and not self._seen

    def _put(self, item: Any) -> None:
        self._inbox.put(item)
        with self._lock:
            if self._worker is not None:
                return
            self._worker = threading.Thread(target=self._work, name="sfnbook-widget", daemon=True)
            try:
                self._worker.start()
            except RuntimeError:  # no threads here (JupyterLite): whoever brings the news does the work
                self._worker = None
        if self._worker is None:
            self._drain()

    # -- on the worker --

    def _work(self) -> None:
        pace = _Pace()
        while True:
            look = self._looks_until > time.monotonic()
            try:
                self._take(self._inbox.get(timeout=min(LOOK, pace.wait()) if look else pace.wait()), pace)
            except queue.Empty:
                if look and self._seen:  # a cell blocks, and the page cannot say that somebody sees it
                    pace.news()
                with self._lock:
                    if pace.idle and not look and self._inbox.empty():
                        self._worker = None
                        return
            self._tell_page(pace)

    def _drain(self) -> None:
        pace = _Pace()
        while not self._inbox.empty():
            self._take(self._inbox.get(), pace)
        self._tell_page(pace)
        if not pace.idle:
            self._held_back = True

    def _take(self, item: Any, pace: _Pace) -> None:
        if item is None:
            self._marked = False
            pace.news()
            return
        match item.get("kind"):
            case "runs":
                pace.more_runs()
                return
            case "machine":
                pace.news()
                return
            case "seen" if self._viewers is not None:
                self._viewers.set_in_sight(str(item.get("view")), item.get("seen") is True)
                if self._held_back and self._seen:
                    pace.news()
                return
        try:
            self._answer(item)
        except Exception as problem:  # the door to the page: nobody above could tell the user
            self.log.warning("sfnbook: %s could not be done: %s", item.get("kind"), problem)

    def _reply(self, message: dict[str, Any], **answer: Any) -> None:
        self.send({"kind": message.get("kind"), "id": message.get("id"), **answer})

    def _answer(self, message: dict[str, Any]) -> None:
        match message.get("kind"):
            case "ping":
                self._reply(message)
            case "script":
                self._reply(message, code=script(), style=style())
            case "show_run":
                runs = getattr(self._subject, "runs", [])
                run = next((run for run in runs if run.number == message.get("number")), None)
                if run is not None:
                    self._marked = False
                    self.attach(run)
                self._reply(message, found=run is not None)
            case "picture" if self._recorder is None:
                self._reply(message, text=picture_text(self._subject, str(message.get("format")), {}))
            case "edit" if self._canvas is not None:
                self._reply(message, **self._edited(self._canvas, message))
            case "compare":
                runs = getattr(self._subject, "runs", [])
                run = next((run for run in runs if run.number == message.get("number")), None)
                self.compare(run)
                self._reply(message, found=run is not None or message.get("number") is None)
            case _ if self._recorder is not None:
                self._answer_of(self._recorder, message)

    def _answer_of(self, recorder: Recorder, message: dict[str, Any]) -> None:
        run: Any = recorder.run
        match message.get("kind"):
            case "stop":
                if message.get("run") in (None, plain(run.name)):  # it may arrive late, when another one is shown
                    run.stop()
                self._reply(message)
            case "send_task_success":
                run.send_task_success(str(message.get("token")), from_text(str(message.get("output"))))
            case "send_task_failure":
                error, cause = (str(message.get(name) or "") for name in ("error", "cause"))
                run.send_task_failure(str(message.get("token")), error, cause)
            case "open":
                found = self._child_runs.meant(message)
                if found is not None:
                    self._show(found)
                self._reply(message, found=found is not None)
            case "value" | "lineage" | "events" | "logs" | "child" | "visit" | "outlines" | "items" | "try" | "picture":
                asked: Recorder | None = recorder
                if "child_run" in message:
                    asked = self._child_runs.recorder(str(message["child_run"]))
                elif message.get("other"):
                    asked = self._other
                if asked is not None:
                    self.send(asked.reply(message))
            case "run_again" if recorder.run.status != "RUNNING":
                start = self.again or (
                    lambda: self._subject.run(recorder.run.input, clock=recorder.run.clock, threads=True, wait=False)
                )
                self._start_again(start())
            case "paused_value" if self._stepper is not None:
                pause = self._stepper.pause
                value = ABSENT if pause is None else pause.value
                self._reply(message, text=None if value is ABSENT else text_of(value))
            case "debug" if self._stepper is not None:
                self._carry_out(self._stepper, message)
            case "shown" if self._stepper is not None:
                self._follow(self._stepper)

    def _edited(self, canvas: Canvas, message: dict[str, Any]) -> dict[str, Any]:
        """Do what the page's editor asks for, show what it led to, and return the reply."""
        reply = canvas.answer(message)
        if message.get("op") not in ("form", "palette", "copy", "place", "try"):
            self.editing = dict(canvas.message())
        if canvas.machine is not self._subject and self._recorder is None:
            self._subject = canvas.machine
            self._runs_of(canvas.machine)
            self.machine = dict(machine_message(canvas.machine))
        return reply

    def _start_again(self, run: Any) -> None:
        if self._stepper is not None:
            self._stepper.take(run)
        self.attach(run)

    def _carry_out(self, stepper: Any, message: dict[str, Any]) -> None:
        """Do what was clicked on the debugger; what cannot be done is said on the page."""
        self._answered += 1
        stepper.said = ""
        try:
            match message.get("op"):
                case "into" | "over" | "out" | "continue" as step:
                    stepper.step(step)
                case "back" | "now" | "reload" as name:
                    getattr(stepper, name)()
                case "pause":
                    stepper.halt()
                case "at":
                    child, visit = self._recorder.owner(int(message["visit"])) if self._recorder else (None, 0)
                    stepper.at(visit) if child is None else stepper.inside(child, visit)
                case "to":
                    stepper.to(str(message["address"]))
                case "toggle":
                    stepper.toggle(str(message["address"]))
                case "edit":
                    stepper.do(f"edit {message.get('value')}")
        except SfnbookError as error:
            stepper.said = str(error)
        self._follow(stepper)

    def _follow(self, stepper: Any) -> None:
        """Show what the stepper shows now: another run or moment, perhaps of a changed definition."""
        shown = stepper.shown
        if self._recorder is not None and self._recorder.run is shown:
            self._changed(shown)
            return
        self._show(shown)

    def _show(self, run: Any) -> None:
        """Show another run, perhaps of another machine."""
        if run.machine is not self._subject:
            self._subject = run.machine
            self._runs_of(run.machine)
            with self.hold_sync():
                self.machine = dict(machine_message(run.machine))
                self.runs = self._runs()
                self.child_runs = {}
        self._marked = False
        self.attach(run)

    def _live(self, recorder: Recorder) -> dict[str, Any]:
        """Return the trait ``live``, with where the debugger stands."""
        live: dict[str, Any] = dict(recorder.live())
        if self._stepper is None or recorder.run is not self._stepper.shown:
            return live
        debug = live["debug"] = debug_message(self._stepper, self._answered)
        if debug["paused"] and debug["address"]:
            statuses = live["statuses"] = dict(live["statuses"])
            before = statuses.get(debug["address"], {"visits": 0})
            statuses[debug["address"]] = {**before, "status": "paused"}
        return live

    def _tell_page(self, pace: _Pace) -> None:
        recorder = self._recorder
        if pace.idle:
            return
        if self._viewers is not None:
            self._viewers.set_unchanging(recorder is None or recorder.run.status in TERMINAL)
        if not self._seen:
            self._hold_back(pace)
            return
        if self._held_back or self.unsent:
            with self.hold_sync():
                self._send_held_back(pace)
            return
        if recorder is None:
            pace.rest()
            return
        self._send_run(recorder, pace)

    def _hold_back(self, pace: _Pace) -> None:
        """Send nothing: neither now nor, unless a cell is running, before the page says that somebody sees it."""
        patience = self._viewers.patience if self._viewers is not None else None
        if patience is None:
            self._held_back = True
            if self._viewers is not None and self._viewers.latest:
                self._looks_until = time.monotonic() + IDLE
            pace.rest()
        else:
            pace.hold(patience)

    def _send_held_back(self, pace: _Pace) -> None:
        """Send all that there is."""
        self._held_back = self._marked = self._more = False
        self._looks_until = 0.0
        if self.unsent:
            self.machine = dict(machine_message(self._subject))
            self.runs, self.child_runs = self._runs(), dict(self._child_runs.message())
        recorder = self._recorder
        if recorder is None:
            pace.rest()
        else:
            pace.at_once()
            self._send_run(recorder, pace)
        self.unsent = False

    def _send_run(self, recorder: Recorder, pace: _Pace) -> None:
        if pace.runs_due():
            self._tell_runs()
        if not pace.run_news:
            return
        done = recorder.run.status in TERMINAL
        if done or pace.light_due():
            with pace.light():
                live = self._live(recorder)
                if not live["done"]:
                    self.live = live
        if done or pace.heavy_due():
            with pace.heavy(), self.hold_sync():
                self.visits, self.events = recorder.visits(), recorder.events()
                self.child_runs = dict(self._child_runs.message())
                self.runs = self._runs()
                if self._other is not None:
                    self.other = dict(other_message(self._other.run, recorder=self._other))
                if done:
                    self.live = live
            for child in self._child_runs.living():
                if self._listen(child):  # what it did before that was not heard
                    self._changed(child)
        if done and recorder is self._recorder:
            self._complete.set()

    def _tell_runs(self) -> None:
        """Send the list of runs; those that go on will say when they end."""
        self._more = False
        for run in getattr(self._subject, "runs", ()):
            if not run.done and self._listen(run) and run.done:  # it ended meanwhile and was not heard
                self._more_runs()
        self.runs = self._runs()


class _Pace:
    """When to send next. ``live`` at most 30 times a second; the heavy traits as rarely as they are dear.

    The list of a machine's other runs twice a second.
    """

    def __init__(self) -> None:
        self._light = self._heavy = self._runs = False
        self._next_light = self._next_heavy = self._next_runs = 0.0

    @property
    def idle(self) -> bool:
        """True when nothing waits to be sent."""
        return not (self.run_news or self._runs)

    @property
    def run_news(self) -> bool:
        """True when something of the run that is shown waits to be sent."""
        return self._light or self._heavy

    def more_runs(self) -> None:
        self._runs = True

    def rest(self) -> None:
        """Forget all that waits."""
        self._light = self._heavy = self._runs = False

    def hold(self, seconds: float) -> None:
        """Send nothing for a while."""
        self._next_light = self._next_heavy = self._next_runs = time.monotonic() + seconds

    def at_once(self) -> None:
        """Send everything now."""
        self.news()
        self._next_light = self._next_heavy = 0.0

    def runs_due(self) -> bool:
        """Whether the list of runs is to be sent now; then it is not until there is more."""
        due = self._runs and time.monotonic() >= self._next_runs
        if due:
            self._runs, self._next_runs = False, time.monotonic() + RUNS_INTERVAL
        return due

    def news(self) -> None:
        self._light = self._heavy = True

    def wait(self) -> float:
        """Return the seconds until something is due."""
        waiting = (
            (self._light, self._next_light),
            (self._heavy, self._next_heavy),
            (self._runs, self._next_runs),
        )
        due = [at for wanted, at in waiting if wanted]
        return max(0.0, min(due) - time.monotonic()) if due else IDLE

    def light_due(self) -> bool:
        return self._light and time.monotonic() >= self._next_light

    def heavy_due(self) -> bool:
        return self._heavy and time.monotonic() >= self._next_heavy

    @contextlib.contextmanager
    def light(self) -> Iterator[None]:
        began = time.monotonic()
        self._light = False
        yield
        ended = time.monotonic()
        self._next_light = ended + max(LIVE_INTERVAL, (ended - began) * HEAVY_FACTOR / 2)

    @contextlib.contextmanager
    def heavy(self) -> Iterator[None]:
        began = time.monotonic()
        self._heavy = False
        yield
        ended = time.monotonic()
        self._next_heavy = ended + max(LIVE_INTERVAL, (ended - began) * HEAVY_FACTOR)
