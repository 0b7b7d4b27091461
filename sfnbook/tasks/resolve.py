"""Finds the handler of each task: a binding, else a built-in integration, else one that fails with Lambda's words.

Joins the registry with the integrations that need no binding; knows nothing of how they answer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from weakref import ref

from sfnbook.engine.frame import Call
from sfnbook.errors import TaskError
from sfnbook.language.resource import Resource
from sfnbook.runtime.dispatch import UNBOUND
from sfnbook.runtime.other_threads import someone_else_runs
from sfnbook.runtime.session import driven
from sfnbook.runtime.task import Handler, Task
from sfnbook.tasks import activities, start_execution, unfilled
from sfnbook.tasks.aws.datasets.buckets import Store
from sfnbook.tasks.aws.datasets.map_datasets import bucket_handler
from sfnbook.tasks.aws.integration import service_bound
from sfnbook.tasks.functions.python import request_id_of
from sfnbook.tasks.lambda_api import client as lambda_api
from sfnbook.tasks.mocks import Script
from sfnbook.tasks.registry import Registry, not_found, unbound_cause
from sfnbook.tasks.target import Bound
from sfnbook.values import Json, to_text


def built_in(resource: Resource, run: start_execution.Execution | None, registry: Registry) -> Bound | None:
    """Return the built-in handler of a resource that nothing is bound to, None without one."""
    return (
        start_execution.bound(resource, run)
        or activities.bound(resource)
        or lambda_api.bound(resource)
        or service_bound(resource, registry)
    )


def resolver(
    run: start_execution.Execution, registry: Registry, store: Store, scripts: Mapping[str, Script]
) -> Callable[[Task], Handler]:
    """Return what finds the handler of each of a run's tasks: bound first, then built in; scripted answers on top."""
    me = ref(run)  # the run holds what this returns: a run is freed without the garbage collector

    def resolve(task: Task) -> Handler:
        call = task._call
        if call.kind != "task":
            return _refusing(task, registry) or bucket_handler(store)
        resource = call.resource
        bound = registry.resolve(resource, call.name, call.arguments)
        if bound is None and (bound := built_in(resource, me(), registry)) is not None:
            refusing = _refusing(task, registry)
            bound = bound if refusing is None else Bound(refusing, bound.text)
        script = scripts.get(call.name) if scripts else None
        if script is not None and (resource.pattern or resource.kind == "activity"):
            return script.answering(task, bound.handler if bound is not None else _no_request)
        return bound.handler if bound is not None else partial(_unbound, registry)

    return resolve


def answerable(run: start_execution.Execution) -> Callable[[Call], bool]:
    """Return what says whether somebody may answer a call of a run that waits for an answer from outside.

    Nobody where the only one who could waits for the run's end, no worker polls for the activity, nobody was given the token, or no
    function, thread, page or other run of this process is left that could hand it in.
    """
    me = ref(run)
    first_seen: dict[int, float] = {}

    def may_be_answered(call: Call) -> bool:
        run = me()
        if run is None or not run.blocking:
            return True
        if run._all_answers_given:
            return False
        if call.resource.kind == "activity":
            return call.started or activities.has_worker(call.resource.function)
        if call.frame.state is not None and not _reads_context(call.frame.state.source.fields):
            return False
        waited = time.monotonic() - first_seen.setdefault(call.id, time.monotonic())
        return (_PAGE in sys.modules and waited < PAGE_GRACE) or _somebody_goes_on(run)

    return may_be_answered


PAGE_GRACE: Final = 5.0
"""Real seconds within which a page may turn up that reaches a kernel while a cell runs there."""

_PAGE: Final = "ipykernel.subshell"
"""What is loaded where a page may do so."""


def _somebody_goes_on(run: start_execution.Execution) -> bool:
    """Whether a thread or another run could answer, now or later: not those that do nothing but wait for this run."""
    waiting = [run._session]
    above: Any = run.parent
    while above is not None and not any(
        one.type in ("Parallel", "Map") for one in above.machine._definition.machine.walk()
    ):
        waiting.append(above._session)
        above = above.parent
    return bool(driven.difference(waiting)) or someone_else_runs({session.thread for session in waiting})


def _reads_context(fields: Mapping[str, Json]) -> bool:
    """Whether what a Task sends may hold its token, however it is written there."""
    text = to_text([fields.get("Parameters"), fields.get("Arguments")])
    return any(word in text for word in ("$$", "context", "Token"))


def _refusing(task: Task, registry: Registry) -> Handler | None:
    """Return a handler that fails because of a placeholder in the request, None where there is none."""
    fault = unfilled.unfilled_failure(task, registry)

    def handle(_: Task) -> Json:
        assert fault is not None
        raise fault

    return None if fault is None else handle


def _no_request(task: Task) -> Json:
    return {}


def _unbound(registry: Registry, task: Task) -> Json:
    """Fail as AWS does for a function that does not exist; what to do about it stands in the visit's log."""
    hint = unbound_cause(task.resource, task.state, task.input, registry.namespace)
    words = not_found(task.resource, task.input, task._execution.names["execution_arn"])
    if words is None:
        raise TaskError(UNBOUND, hint)
    task.log.write(f"{hint}\n")
    raise TaskError(UNBOUND, f"{words}; Request ID: {request_id_of(task)}; Proxy: null)")
