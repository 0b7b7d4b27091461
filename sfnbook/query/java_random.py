"""java.util.Random: what a seed gives in ``States.MathRandom`` and ``$random`` (nine recorded values reproduced).

A linear congruential generator of 48 bits (Java SE API, class Random). Only for seeds that a machine writes; everything
without a seed comes from the execution's own generator.
"""

from __future__ import annotations

from typing import Final

_MULTIPLIER: Final = 0x5DEECE66D
_MASK: Final = (1 << 48) - 1


class JavaRandom:
    """A generator that gives what Java's gives for the same seed."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ _MULTIPLIER) & _MASK

    def _next(self, bits: int) -> int:
        """Return the next ``bits`` bits as an unsigned number."""
        self._state = (self._state * _MULTIPLIER + 0xB) & _MASK
        return self._state >> (48 - bits)

    def next_int(self, bound: int) -> int:
        """Return a number from 0 up to, not including, ``bound``, which is at least 1 and at most 2**31 - 1.

        >>> JavaRandom(42).next_int(99)
        62
        """
        if bound & (bound - 1) == 0:
            return (bound * self._next(31)) >> 31
        while True:
            bits = self._next(31)
            value = bits % bound
            if bits - value + (bound - 1) < 1 << 31:
                return value

    def next_double(self) -> float:
        """Return a number from 0 up to, not including, 1.

        >>> JavaRandom(42).next_double()
        0.7275636800328681
        """
        high = self._next(26) << 27
        return (high + self._next(27)) * 2.0**-53
