"""The embedded services, empty before each test and gone after it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import Services, services


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    embedded.stop()
    services.reset()
    yield services
    embedded.stop()
    services.reset()
    services.shared = True
