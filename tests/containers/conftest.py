"""A real engine for the tests: podman with a storage of its own, serving the Docker API on a socket, and three images."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "images"))  # build, for the fixtures here

import build

from sfnbook.tasks.containers import docker_api
from sfnbook.tasks.containers.docker_api import Engine

STORAGE = """[storage]
driver = "overlay"
graphroot = "{0}/graph"
runroot = "{0}/run"
"""


def missing(reason: str) -> None:
    """Fail where containers must be tested (SFNBOOK_TEST_CONTAINERS=required, as in CI), else skip."""
    if os.environ.get("SFNBOOK_TEST_CONTAINERS") == "required":
        pytest.fail(f"no containers: {reason}")
    pytest.skip(f"no containers: {reason}")


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a podman that holds the tests' images."""
    for program in ("podman", "runc", "busybox", "ldd"):
        if shutil.which(program) is None:
            missing(f"{program} is not installed")
    home = tmp_path_factory.mktemp("podman")
    (home / "storage.conf").write_text(STORAGE.format(home))
    env = {
        **os.environ,
        "CONTAINERS_CONF": str(Path(__file__).parent / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(home / "storage.conf"),
    }
    address = f"unix://{home}/engine.sock"
    try:
        build.build("plain", build.plain, home, ["podman"], env)
        build.build("python", build.python, home, ["podman"], env)
        for name, emulator in (("emulator", True), ("client", False)):
            recipe = build.lambda_image("sfnbook-test/python", emulator=emulator)
            build.build(name, lambda root, recipe=recipe: recipe, home, ["podman"], env)
    except RuntimeError as fault:
        missing(str(fault))
    with (home / "service.log").open("wb") as log:
        service = subprocess.Popen(["podman", "system", "service", "--time=0", address], env=env, stderr=log, cwd=home)
    try:
        until = time.monotonic() + 10
        while not (home / "engine.sock").exists() and time.monotonic() < until and service.poll() is None:
            time.sleep(0.01)
        yield address
    finally:
        docker_api.disconnect()
        service.terminate()
        service.wait()
        subprocess.run(["podman", "rm", "-a", "-f", "-t", "0"], env=env, capture_output=True, check=False)
        subprocess.run(["umount", f"{home}/graph/overlay"], capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def engine(podman: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The engine as sfnbook finds it; nothing of this kernel's is left on it afterwards."""
    monkeypatch.setenv("DOCKER_HOST", podman)
    docker_api.disconnect()
    engine = docker_api.connect()
    yield engine
    docker_api.disconnect()
    assert engine.own == set()
    assert engine.api.containers(all=True, filters={"label": "sfnbook.lock"}) == []
