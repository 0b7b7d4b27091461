"""The examples of the documentation, run as they are printed.

The rules, by the language of a block of code:

- ``sh`` is run by bash, in the page's own folder; a line that begins with ``pip install`` is compared with pyproject.toml instead.
- ``python`` is run in one namespace for the page.
- ``json``, ``yaml`` and ``toml`` have to be read, and a definition has to be one that AWS takes (a file called
  ``broken...``: one that it refuses). The steps of a workflow are run as ``sh`` is.
- After a paragraph that ends with "`FILE`:" a block is that file, and is written there instead of being run.
- ``text`` is what the block before it prints; three dots stand for anything.

The ports 8083 and 8084 become free ones of this machine, `curl --retry 30` has more patience on a loaded one, and servers end with their page. A page that names `examples/orders` begins with a copy of that project. No other language may be used.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement

import sfnbook
from sfnbook.templates.find import find_in

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
LANGUAGES = ("sh", "python", "json", "yaml", "toml", "text")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w./-]+\.\w+|\w+file)`:\s*$")
PORT = re.compile(r"\b808[34]\b")
SECONDS = 180


@dataclass(frozen=True)
class Block:
    """A block of code. line: where it begins. file: what it is written to, "" where it is run."""

    language: str
    text: str
    line: int
    file: str = ""


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    for found in FENCE.finditer(page):
        before = page[: found.start()]
        name = FILE.search(before.rstrip("\n").rpartition("\n\n")[2])
        yield Block(found[1], found[2], before.count("\n") + 1, name[1] if name else "")


def matches(expected: str, printed: str) -> bool:
    """Return whether a text was printed; three dots stand for anything.

    >>> matches("it took ... s", "it took 12 s"), matches("it took ... s", "it took long")
    (True, False)
    """
    lines = [line.rstrip() for line in printed.strip().splitlines()]
    pattern = ".*?".join(re.escape(part) for part in expected.strip().split("..."))
    return re.fullmatch(pattern, "\n".join(lines), re.DOTALL) is not None


@dataclass
class Page:
    """A page whose examples are run in a folder."""

    path: Path
    folder: Path
    printed: str | None = None
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    servers: list[int] = field(default_factory=list)
    ports: dict[str, str] = field(default_factory=dict)

    def run(self) -> int:
        """Run every block and return how many there were."""
        text = PORT.sub(lambda found: self._port(found[0]), self.path.read_text("utf-8"))
        if "`examples/orders`" in text:
            shutil.copytree(ROOT / "examples" / "orders", self.folder, dirs_exist_ok=True)
        many = list(blocks(text))
        before = set(sys.modules)
        sys.path.insert(0, str(self.folder))
        try:
            with contextlib.chdir(self.folder):
                for block in many:
                    self._do(block)
        finally:
            sys.path.remove(str(self.folder))
            for name in set(sys.modules) - before:
                if str(self.folder) in str(getattr(sys.modules[name], "__file__", "")):
                    del sys.modules[name]
            for group in self.servers:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGTERM)
        return len(many)

    def _port(self, printed: str) -> str:
        if printed not in self.ports:
            with socket.create_server(("127.0.0.1", 0)) as server:
                self.ports[printed] = str(server.getsockname()[1])
        return self.ports[printed]

    def _do(self, block: Block) -> None:
        where = f"{self.path.name}, line {block.line}"
        assert block.language in LANGUAGES, f"{where}: ```{block.language} is none of {LANGUAGES}"
        if block.language == "text" and not block.file:
            assert self.printed is not None, f"{where}: nothing before it prints"
            assert matches(block.text, self.printed), f"{where}: it prints\n{self.printed}\nand not\n{block.text}"
            self.printed = None
            return
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, "utf-8")
        if block.language == "sh" and not block.file:
            self.printed = self._shell(block.text, where)
        elif block.language == "python":
            code = compile(block.text, block.file or where, "exec")
            if not block.file:
                self.printed = self._python(code)
        else:
            self._data(block, where)

    def _python(self, code: Any) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, self.namespace)
        return out.getvalue()

    def _shell(self, text: str, where: str) -> str:
        run = []
        for line in text.splitlines():
            if line.startswith("pip install "):
                requirement = Requirement(line.removeprefix("pip install ").strip("'\""))
                assert requirement.name == "sfnbook", f"{where}: {line}"
                assert requirement.extras <= set(EXTRAS), f"{where}: there is no such extra: {line}"
            else:
                run.append(line)
        if not any(line.strip() for line in run):
            return ""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "PYTHONDONTWRITEBYTECODE") if name in os.environ}
        environment = {**kept, "PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
        with open(self.folder.parent / f"{self.folder.name}.out", "w+b") as out:
            shell = subprocess.Popen(
                ["bash", "-e", "-c", "\n".join(run).replace("--retry 30 ", "--retry 150 ")],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
            self.servers.append(shell.pid)
            code = shell.wait(timeout=SECONDS)
            out.seek(0)
            printed = out.read().decode()
        assert code == 0, f"{where}: exit code {code}\n{printed}"
        return printed

    def _data(self, block: Block, where: str) -> None:
        match block.language:
            case "json":
                value = json.loads(block.text)
            case "yaml":
                value = yaml.safe_load(block.text)
            case "toml":
                value = tomllib.loads(block.text)
            case _:
                return
        if isinstance(value, dict) and "StartAt" in value:
            broken = Path(block.file).name.startswith("broken")
            result = sfnbook.validate(block.text)["result"]
            assert result == ("FAIL" if broken else "OK"), f"{where}: {sfnbook.validate(block.text)}"
        elif isinstance(value, dict) and "Resources" in value and block.file:
            assert find_in(Path(block.file)), f"{where}: there is no state machine in it"
        elif isinstance(value, dict) and "jobs" in value:
            for step in (step for job in value["jobs"].values() for step in job["steps"]):
                assert step.keys() & {"uses", "run"}, f"{where}: {step}"
                self.printed = self._shell(step.get("run", ""), where)
