"""java.util.Random, number for number."""

from __future__ import annotations

import pytest

from sfnbook.query.java_random import JavaRandom


@pytest.mark.parametrize(
    ("seed", "first", "second"),
    [(42, 0.7275636800328681, 0.6832234717598454), (0, 0.730967787376657, 0.24053641567148587)],
)
def test_doubles(seed: int, first: float, second: float) -> None:
    random = JavaRandom(seed)
    assert (random.next_double(), random.next_double()) == (first, second)


def test_whole_numbers() -> None:
    assert 1 + JavaRandom(42).next_int(99) == 63  # States.MathRandom(1, 100, 42) on AWS
    random = JavaRandom(42)
    assert [random.next_int(10) for _ in range(5)] == [0, 3, 8, 4, 0]
    assert JavaRandom(-1).next_int(16) == (16 * JavaRandom(-1)._next(31)) >> 31
    assert all(0 <= JavaRandom(seed).next_int(2**31 - 1) < 2**31 - 1 for seed in range(50))
