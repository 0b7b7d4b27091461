"""Without an engine, a package or a reachable address: a clear error at the state."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import sfnbook
from sfnbook.tasks.containers import docker_api


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    docker_api.disconnect()
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("CONTAINER_HOST", raising=False)


def machine() -> sfnbook.StateMachine:
    states = {"Work": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": True}}
    return sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one")


def test_no_engine_at_the_configured_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    failed = machine().bind("Work", "docker:any").run()
    assert failed.error == "Lambda.SdkClientException"
    assert failed.cause is not None
    assert failed.cause.startswith(f"No container engine answers (unix://{tmp_path}/nothing.sock: No such file")
    assert "Start Docker Desktop" in failed.cause


def test_no_engine_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_api, "addresses", list)
    failed = machine().bind("Work", "docker:any").run()
    assert "there is no socket of Docker or podman" in str(failed.cause)


def test_an_engine_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with sfnbook.serve_lambda({}) as other:
        monkeypatch.setenv("DOCKER_HOST", other.url.replace("http", "tcp"))
        failed = machine().bind("Work", "docker:any").run()
    assert failed.error == "Lambda.SdkClientException"


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    for name in [n for n in sys.modules if n.split(".")[0] == "docker"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(sfnbook.BindingError, match=r"pip install 'sfnbook\[containers\]'"):
        sfnbook.container("any")


@pytest.mark.parametrize("image", ["", " ", "two words"])
def test_a_name_that_is_none(image: str) -> None:
    with pytest.raises(sfnbook.BindingError, match="names no image"):
        machine().bind("Work", f"docker:{image}")


@pytest.mark.parametrize("options", [{"memory": "much"}, {"memory": "1.5g"}, {"concurrency": 0}])
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(sfnbook.BindingError, match=next(iter(options))):
        sfnbook.container("any", **options)
