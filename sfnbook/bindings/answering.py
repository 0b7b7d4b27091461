"""Who answers a run's tasks: what is bound, else what is built in, else nobody, in Lambda's words.

Joins the registry with the kinds of answers that need no binding; knows nothing of how any of them is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sfnbook.bindings import activities, lambda_endpoint, nested
from sfnbook.bindings.buckets import Store
from sfnbook.bindings.functions import request_id_of
from sfnbook.bindings.items import bucket_handler
from sfnbook.bindings.mocks import Script
from sfnbook.bindings.registry import Bound, Registry, not_found, unbound_cause
from sfnbook.bindings.services import service_bound
from sfnbook.errors import TaskError
from sfnbook.language.resource import Resource
from sfnbook.runtime.dispatch import UNBOUND
from sfnbook.runtime.task import Handler, Task
from sfnbook.values import Json


def built_in(resource: Resource, run: nested.Execution | None, registry: Registry) -> Bound | None:
    """What answers a resource to which nothing is bound."""
    return (
        nested.bound(resource, run)
        or activities.bound(resource)
        or lambda_endpoint.bound(resource)
        or service_bound(resource, registry)
    )


def resolver(
    run: nested.Execution, registry: Registry, store: Store, scripts: Mapping[str, Script]
) -> Callable[[Task], Handler]:
    """Return what finds the handler of each of a run's tasks: bound first, then built in; scripted answers on top."""
    items, unbound = bucket_handler(store), partial(_unbound, registry)

    def resolve(task: Task) -> Handler:
        call = task.call
        if call.kind != "task":
            return items
        resource = call.resource
        bound = registry.resolve(resource, call.name, call.arguments) or built_in(resource, run, registry)
        script = scripts.get(call.name) if scripts else None
        if script is not None and (resource.pattern or resource.kind == "activity"):
            return script.answering(task, bound.handler if bound is not None else _no_request)
        return bound.handler if bound is not None else unbound

    return resolve


def _no_request(task: Task) -> Json:
    return {}


def _unbound(registry: Registry, task: Task) -> Json:
    """Fail as AWS does for a function that does not exist; what to do about it stands in the visit's log."""
    hint = unbound_cause(task.resource, task.state, task.input, registry.namespace)
    words = not_found(task.resource, task.input, task.execution.names["execution_arn"])
    if words is None:
        raise TaskError(UNBOUND, hint)
    task.log.write(f"{hint}\n")
    raise TaskError(UNBOUND, f"{words}; Request ID: {request_id_of(task)}; Proxy: null)")
