"""Image: the options of a container target, and what its image says about how it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Mode = Literal["emulator", "runtime-api", "plain"]
"""How an image answers; see `sfnbook.tasks.containers.container`."""

_CLIENTS: Final = ("awslambdaric", "lambda-ric", "lambda_ric", "bootstrap", "AWSLambda", "lambda-runtime")
"""What stands in the entry points of images with a runtime interface client: Python, Node, Ruby, custom, Java."""


@dataclass(frozen=True, slots=True)
class Spec:
    """The options of `container`."""

    image: str
    env: dict[str, str]
    network: str | None
    memory: str | None
    command: tuple[str, ...]
    timeout: float | None
    concurrency: int
    mode: Mode | None

    @property
    def megabytes(self) -> str:
        """The memory as Lambda's environment variable has it."""
        if self.memory is None:
            return "128"
        units = {"b": 2**-20, "k": 2**-10, "m": 1.0, "g": 1024.0}
        number = self.memory.lower().removesuffix("b") if self.memory[-1] in "bB" else self.memory.lower()
        unit = units.get(number[-1:], 0.0)
        return str(int(float(number[:-1]) * unit)) if unit else str(int(number) >> 20)


@dataclass(frozen=True, slots=True)
class Image:
    """What the engine has under a name. words: its entry point and command, which tell how it answers."""

    id: str
    words: str
    seen: float = field(compare=False)

    @property
    def mode(self) -> Mode:
        """How it answers, as far as its labels and command say."""
        if "lambda-entrypoint" in self.words or "aws-lambda-rie" in self.words:
            return "emulator"
        return "runtime-api" if any(client in self.words for client in _CLIENTS) else "plain"
