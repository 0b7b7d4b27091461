"""What holds for all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

settings.register_profile("sfnbook", deadline=None)  # a busy machine is no failure
settings.load_profile("sfnbook")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job; Ctrl-C is what some tests are about
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser's tests last: its driver keeps an event loop in this thread until the end of the session."""
    items.sort(key=lambda item: "browser" in item.path.parts)
