"""The functions of a project, run from their own folders as Lambda runs them: handler, environment, packages beside it.

Each function has modules of its own: two folders may both have an ``app.py``. Its folder is first on ``sys.path``, its
environment is in ``os.environ`` and its modules are in ``sys.modules`` only while it is imported or called, one at a
time in this process.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sfnbook.errors import TaskError
from sfnbook.runtime.task import Task
from sfnbook.tasks.functions.python import function_handler

_lock: Final = threading.RLock()
_REQUIREMENT: Final = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


class CodeFolder:
    """A handler in a folder, as a target that answers tasks (see `sfnbook.tasks.registry.Target`).

    handler: as in a template, ``app.lambda_handler`` or ``src/app.handler``. source: the code itself, instead of a file.
    environment: variables for the time of each call. path: further folders with packages.
    """

    def __init__(
        self,
        name: str,
        handler: str,
        folder: Path,
        *,
        source: str = "",
        environment: Mapping[str, str] | None = None,
        path: tuple[Path, ...] = (),
    ) -> None:
        self.name = name
        self.folder = folder
        self.source = source
        self.module, _, self.function = handler.rpartition(".")
        self.environment = {"AWS_LAMBDA_FUNCTION_NAME": name, "AWS_REGION": "us-east-1", **(environment or {})}
        self.path = [str(folder), *map(str, path)]
        self.text = f"{handler} in {folder.name or folder}"
        self._modules: dict[str, types.ModuleType] = {}
        self._found: Callable[..., Any] | None = None

    def handle(self, task: Task) -> Any:
        """Call the handler. Raises TaskError with Lambda's Runtime errors where it cannot be loaded."""
        with self._inside():
            return function_handler(self._load(), self.name)(task)

    def check(self) -> tuple[bool, str]:
        """Say whether the handler and what requirements.txt asks for are there."""
        if not self.source and not self._file().is_file():
            return False, f"{self._file()} is not there"
        missing = self.missing()
        if missing:
            return False, f"not installed: {', '.join(missing)} (pip install -r {self.folder / 'requirements.txt'})"
        return True, self.text

    def missing(self) -> list[str]:
        """Return the packages of the folder's requirements.txt that are not installed, here or in the folder."""
        file = self.folder / "requirements.txt"
        lines = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
        names = [match[1] for line in lines if (match := _REQUIREMENT.match(line)) is not None]
        return [name for name in names if not self._installed(name)]

    def _installed(self, name: str) -> bool:
        plain = re.sub(r"[-_.]+", "_", name).lower()
        if any((Path(place) / plain).exists() for place in self.path):
            return True
        try:
            importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            return False
        return True

    def _file(self) -> Path:
        return self.folder / f"{self.module.replace('.', '/')}.py"

    def _load(self) -> Callable[..., Any]:
        if self._found is not None:
            return self._found
        try:
            module = self._inline() if self.source else self._import()
        except TaskError:
            raise
        except ImportError as fault:
            words = f"Unable to import module '{self.module}': {fault}"
            if missing := self.missing():
                words += f" (requirements.txt, not installed here: {', '.join(missing)})"
            raise TaskError("Runtime.ImportModuleError", words) from None
        except SyntaxError as fault:
            words = f"Syntax error in module '{self.module}': {fault}"
            raise TaskError("Runtime.UserCodeSyntaxError", words) from None
        found = getattr(module, self.function, None)
        if not callable(found):
            words = f"Handler '{self.function}' missing on module '{self.module}'"
            raise TaskError("Runtime.HandlerNotFound", words)
        self._found = found
        return self._found

    def _import(self) -> types.ModuleType:
        if not self._file().is_file():
            raise ImportError(f"No module named '{self.module}' in {self.folder}")
        return importlib.import_module(self.module.replace("/", "."))

    def _inline(self) -> types.ModuleType:
        module = types.ModuleType(self.module or "index")
        sys.modules[module.__name__] = module
        exec(compile(self.source, f"{self.name}/{self.module}.py", "exec"), module.__dict__)
        return module

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Let the process be this function's: its folder, its modules, its environment."""
        with _lock:
            path, environment, before = list(sys.path), dict(os.environ), dict(sys.modules)
            own = {self.module.split("/")[0].split(".")[0], *self._top_level()}
            hidden = {name: module for name, module in before.items() if name.partition(".")[0] in own}
            for name in hidden:
                del sys.modules[name]
            sys.path[:0] = self.path
            os.environ.update(self.environment)
            sys.modules.update(self._modules)
            importlib.invalidate_caches()
            try:
                yield
            finally:
                mine = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in own}
                self._modules = {name: module for name, module in mine.items() if self._is_own(module)}
                for name in mine:
                    del sys.modules[name]
                sys.modules.update(hidden)
                sys.path[:] = path
                os.environ.clear()
                os.environ.update(environment)

    def _top_level(self) -> set[str]:
        """Return the names of the modules and packages in the folder: what another folder may have as well."""
        if not self.folder.is_dir():
            return set()
        names = {one.stem for one in self.folder.glob("*.py")}
        return names | {one.name for one in self.folder.iterdir() if one.is_dir() and any(one.glob("*.py"))}

    def _is_own(self, module: types.ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        return file is None or Path(file).resolve().is_relative_to(self.folder.resolve())
