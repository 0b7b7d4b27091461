"""Snapshots: what changes from one test run to the next is not part of them."""

from __future__ import annotations

import pytest

from sfnbook.testing.snapshot import normalised


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"Date": "Sat, 28 Nov 2026 11:28:25 GMT"}, {"Date": "<time>"}),
        (["2026-11-28T11:28:25.123Z", "0x7f62a9aad3a0"], ["<time>", "<address>"]),
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "<uuid>"),
        ("Sat, 28 Nov", "Sat, 28 Nov"),
    ],
)
def test_moments_and_ids_are_replaced(value: object, stored: object) -> None:
    assert normalised(value) == stored
