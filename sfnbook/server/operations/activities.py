"""Activities: create, describe, delete, list, and the long polls of their workers."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any, Final

from sfnbook.server.api.arns import read_arn
from sfnbook.server.api.encryption import encryption
from sfnbook.server.api.names_and_tags import check_name, check_tags
from sfnbook.server.api.wire import ApiError
from sfnbook.server.catalogue import Activity
from sfnbook.server.endpoint import MOST_MACHINES, Endpoint
from sfnbook.server.runs import date
from sfnbook.tasks import activities as queues
from sfnbook.values import to_text

_GLANCE: Final = 0.5
"""Seconds after which a poll looks again: work that a notebook's own runs hand out wakes nobody here."""


def create_activity(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """CreateActivity. Idempotent; other tags do not count."""
    name = check_name(request["name"])
    arn = endpoint.arn("activity", name)
    wanted = encryption(request.get("encryptionConfiguration"))
    tags = check_tags({}, request.get("tags", ()), arn)
    known = endpoint.catalogue.activities.get(arn)
    if known is None:
        if len(endpoint.catalogue.activities) >= MOST_MACHINES:
            raise ApiError("ActivityLimitExceeded", f"Activity limit exceeded: {MOST_MACHINES}.")
        known = Activity(name, arn, time.time(), tags, wanted)
        endpoint.catalogue.save(known)
        endpoint.activities_changed()
    elif encryption(known.encryption) != wanted:
        raise ApiError("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
    return {"activityArn": arn, "creationDate": date(known.created)}


def _activity(endpoint: Endpoint, text: str) -> Activity:
    read_arn(text, "activity")
    found = endpoint.catalogue.activities.get(text)
    if found is None:
        raise ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{text}'")
    return found


def describe_activity(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeActivity."""
    found = _activity(endpoint, request["activityArn"])
    return {
        "activityArn": found.arn,
        "name": found.name,
        "creationDate": date(found.created),
        "encryptionConfiguration": encryption(found.encryption),
    }


def delete_activity(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteActivity; deleting nothing is no error (recorded)."""
    arn = read_arn(request["activityArn"], "activity")
    found = endpoint.catalogue.activities.get(arn.text)
    if found is not None:
        endpoint.catalogue.drop(found)
        endpoint.activities_changed()
    return {}


def list_activities(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ListActivities, by name."""
    found = sorted(endpoint.catalogue.activities.values(), key=lambda activity: activity.name)
    page, more = endpoint.pages.cut(request, found)
    return {
        "activities": [{"activityArn": a.arn, "name": a.name, "creationDate": date(a.created)} for a in page],
        **more,
    }


async def get_activity_task(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """GetActivityTask: waits up to a minute for work; an empty answer when there was none."""
    activity = _activity(endpoint, request["activityArn"])
    queue, news = queues.Activity(activity.name), endpoint.work_for(activity.name)
    until = time.monotonic() + queues.POLL
    while time.monotonic() < until:
        news.clear()
        work = queue.get_task(request.get("workerName"), timeout=0)
        if work is not None:
            held = endpoint.tokens.get(work.token)
            if held is not None:
                held[0].driven.pump()  # in the journal before the worker hears of it
            return {"taskToken": work.token, "input": to_text(work.input)}
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _GLANCE)
    return {}
