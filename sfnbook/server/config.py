"""What the endpoint's tasks mean: bindings from a TOML file, Step Functions Local's environment and mock file.

Owns the file's words:

    [bindings]                          # resource, glob, function name or state name
    decide = "shop:decide"              # a Python function, module:function
    resize = "docker:my-resizer:latest" # or process:COMMAND, or a Lambda endpoint's URL
    [mocks]                             # a state's answers, one call after the other
    "Charge card" = [{ throw = "Timeout", cause = "slow" }, { return = { ok = true } }]
    [buckets]
    my-bucket = "./data"                # what stands in for S3
    [services]
    dynamodb = "http://localhost:8000"  # where AWS services answer; the embedded ones otherwise

Paths are relative to the file. No code ever comes from a request: what runs is what this file names.
"""

from __future__ import annotations

import importlib
import math
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sfnbook.errors import InputError, SfnbookError
from sfnbook.tasks.aws.services.endpoints import ACCOUNT, services
from sfnbook.tasks.mocks import Outcome, mock, raises, read_config, returns
from sfnbook.tasks.registry import Registry, is_target_text

_TABLES: Final = ("bindings", "mocks", "buckets", "services")


class Config:
    """A bindings file and what it says. path: None for none. buckets: of the file, as `StateMachine` takes them."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.registry = Registry()
        self.buckets: dict[str, Path] = {}
        self.warnings: list[str] = []
        self._modules: dict[str, ModuleType] = {}
        self._read_now: set[str] = set()
        self._stamps: dict[Path, float] = {}
        if path is not None:
            self._read(path)

    # ------------------------------------------------------------------------------------------------------ reading
    def _read(self, path: Path) -> None:
        tables = self._tables(path)
        folder = path.resolve().parent
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        fresh: dict[str, Any] = {}
        self._read_now.clear()
        for resource, target in tables["bindings"].items():
            fresh[resource] = self._target(resource, target)
        for state, outcomes in tables["mocks"].items():
            fresh[state] = _mock(state, outcomes)
        checked = Registry()
        for resource, target in fresh.items():
            checked.add(resource, target)
        for binding in list(self.registry):
            self.registry.remove(binding.pattern)
        for resource, target in fresh.items():
            self.registry.add(resource, target)
        self.buckets.clear()
        self.buckets.update({name: folder / str(place) for name, place in tables["buckets"].items()})
        if tables["services"]:
            services.configure({name: str(place) for name, place in tables["services"].items()})
        self._stamps = self._seen()

    @staticmethod
    def _tables(path: Path) -> dict[str, dict[str, Any]]:
        try:
            read = tomllib.loads(path.read_text("utf-8"))
        except OSError as fault:
            raise InputError(f"Cannot read the bindings file {path}: {fault.strerror}.") from None
        except ValueError as fault:
            raise InputError(f"The bindings file {path} is no TOML: {fault}.") from None
        for name, table in read.items():
            if name not in _TABLES or not isinstance(table, dict):
                raise InputError(f"The bindings file {path} has [{name}]; it takes {', '.join(_TABLES)}.")
        return {name: read.get(name, {}) for name in _TABLES}

    def _target(self, resource: str, target: Any) -> Any:
        if not isinstance(target, str):
            raise InputError(f'The binding of "{resource}" has to be a text such as "shop:decide".')
        if is_target_text(target):
            return target
        module, colon, name = target.partition(":")
        if not colon:
            raise InputError(
                f'The binding "{resource}" = "{target}": write module:function, for example "shop:decide".'
            )
        function = getattr(self._module(resource, module), name, None)
        if not callable(function):
            raise InputError(f'The binding "{resource}" = "{target}": the module {module} has no function {name}.')
        return function

    def _module(self, resource: str, name: str) -> ModuleType:
        if name in self._read_now:  # for another binding of this reading: a module is executed once
            return self._modules[name]
        try:
            known = self._modules.get(name)
            found = importlib.import_module(name) if known is None else importlib.reload(known)
        except Exception as fault:  # the module is the user's: whatever it raises is theirs to see
            words = f"{type(fault).__name__}: {fault}"
            raise InputError(f'The binding of "{resource}": the module {name} cannot be imported: {words}') from fault
        self._modules[name] = found
        self._read_now.add(name)
        return found

    # ---------------------------------------------------------------------------------------------------- reloading
    def _seen(self) -> dict[Path, float]:
        paths = [Path(m.__file__) for m in self._modules.values() if m.__file__]
        if self.path is not None:
            paths.append(self.path)
        return {path: path.stat().st_mtime for path in paths if path.exists()}

    def reload(self) -> str | None:
        """Read everything again if a file has changed; return what to say about it, None when nothing has changed.

        A file that is wrong changes nothing: the bindings stay as they were.
        """
        if self.path is None or self._seen() == self._stamps:
            return None
        try:
            self._read(self.path)
        except SfnbookError as fault:
            self._stamps = self._seen()
            return f"not reloaded: {fault}"
        return f"reloaded {self.path}"


def _mock(state: str, outcomes: Any) -> Any:
    entries = outcomes if isinstance(outcomes, list) else [outcomes]
    return mock(state, *(_outcome(state, entry) for entry in entries), check="NONE")


def _outcome(state: str, entry: Any) -> Outcome:
    match entry:
        case {"return": output}:
            return returns(output, after=entry.get("after"))
        case {"throw": str(error)}:
            return raises(error, str(entry.get("cause", "")), after=entry.get("after"))
    raise InputError(f'The mock of "{state}" needs {{ return = ... }} or {{ throw = "Error", cause = "..." }}.')


def local_environment(environment: Mapping[str, str], env_file: Path | None = None) -> None:
    """Take over the settings of Step Functions Local: those of an env-file, else those of the environment."""
    if env_file is not None:
        try:
            text = env_file.read_text("utf-8")
        except OSError as fault:
            raise InputError(f"Cannot read {env_file}: {fault.strerror}.") from None
        except UnicodeDecodeError:
            raise InputError(f"Cannot read {env_file}: it is no UTF-8 text with NAME=value lines.") from None
        services.read_env_file(text)
        return
    wanted = {*services.SETTINGS, "WAIT_TIME_SCALE"}
    lines = [
        f"{name}={value}"
        for name, value in environment.items()
        if name in wanted or (name.endswith("_ENDPOINT") and value.startswith("http") and name != "OTEL_ENDPOINT")
    ]
    services.read_env_file("\n".join(lines))


def mock_config(path: Path | None) -> Mapping[str, Any] | None:
    """Return the mock configuration: of a file, of the one that SFN_MOCK_CONFIG names in the env-file or the environment, or None."""
    path = path or (Path(services.mock_config) if services.mock_config else None)
    if path is None and "SFN_MOCK_CONFIG" not in os.environ:
        return None
    return read_config(path)


def settings(region: str | None = None, account: str | None = None) -> dict[str, Any]:
    """Return what options, else Step Functions Local's settings, say about the endpoint itself.

    region, account, whether they are fixed, and how fast waits pass. Raises InputError.
    """
    if account is not None and not re.fullmatch(r"\d{12}", account):
        raise InputError(f"--account {account}: an account is 12 digits.")
    if region is not None and not re.fullmatch(r"[a-z]{2,}(-[a-z0-9]+)+", region):
        raise InputError(f"--region {region}: that is no region, such as eu-west-1.")
    scale = services.time_scale
    return {
        "region": region or services.region,
        "account": account or services.account or ACCOUNT,
        "fixed": region is not None or account is not None,
        "speed": 1.0 if scale is None else 1 / scale if scale else math.inf,
    }
