"""``[tool.sfnbook]`` of a pyproject.toml: levels of rules, what is left out, and where.

[tool.sfnbook]
ignore = ["SFN403"]                        # codes, names, or how codes begin: "SFN4", "SFN" for all advice
exclude = ["build/**"]                     # files that folders and globs leave out
levels = { choice-without-default = "error" }
per-file-ignores = { "tests/**" = ["SFN101"] }
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sfnbook.errors import InputError
from sfnbook.lint.rule import Level


@dataclass(frozen=True)
class Settings:
    """What a project says about its checks. folder: where its pyproject.toml is, to which its globs belong."""

    folder: Path = field(default_factory=Path)
    levels: Mapping[str, Level] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    per_file: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def levels_for(self, file: Path) -> dict[str, Level]:
        """Return the levels of rules for a file."""
        made = dict(self.levels)
        for glob, rules in self.per_file.items():
            if self._fits(file, glob):
                made.update(dict.fromkeys(rules, "off"))
        return made

    def excluded(self, file: Path) -> bool:
        """Tell whether a file is left out where it was not named itself."""
        return any(self._fits(file, glob) for glob in self.exclude)

    def _fits(self, file: Path, glob: str) -> bool:
        try:
            name = file.resolve().relative_to(self.folder.resolve()).as_posix()
        except ValueError:
            name = file.as_posix()
        return fnmatchcase(name, glob) or fnmatchcase(name, f"{glob}/*")


def read_settings(start: Path) -> Settings:
    """Return the settings of the nearest pyproject.toml that has ``[tool.sfnbook]``, from a folder upwards.

    Raises InputError for a file that cannot be read, or an entry that is none of these.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        path = folder / "pyproject.toml"
        if path.is_file() and (table := _table(path)) is not None:
            return _settings(folder, table)
    return Settings(start)


def levels_for(file: Path | None = None) -> Mapping[str, Level]:
    """Return the levels of rules for a file, or for texts here; none where the settings are faulty, which others say."""
    try:
        return read_settings(Path.cwd()).levels if file is None else read_settings(file.parent).levels_for(file)
    except InputError:
        return {}


def settings_in(path: Path) -> Settings:
    """Return the settings of a TOML file. Raises InputError for a file that cannot be read or has no ``[tool.sfnbook]``."""
    table = _table(path)
    if table is None:
        raise InputError(f"{path} has no [tool.sfnbook]: nothing in it is for sfnbook check.")
    return _settings(path.resolve().parent, table)


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        table = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("sfnbook")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None
    if table is not None and not isinstance(table, dict):
        raise InputError(f"tool.sfnbook of {path} is no table: write [tool.sfnbook].")
    return table


def _settings(folder: Path, table: Mapping[str, Any]) -> Settings:
    unknown = table.keys() - {"ignore", "levels", "exclude", "per-file-ignores"}
    if unknown:
        raise InputError(
            f"[tool.sfnbook] of {folder / 'pyproject.toml'} has an unknown entry {sorted(unknown)[0]!r}: there are "
            "ignore, levels, exclude and per-file-ignores."
        )
    levels: dict[str, Level] = dict.fromkeys(table.get("ignore", ()), "off")
    for rule, level in table.get("levels", {}).items():
        if level not in ("error", "warning", "off"):
            raise InputError(f"[tool.sfnbook] levels: {rule} is {level!r}, not error, warning or off.")
        levels[rule] = level
    per_file = {glob: tuple(rules) for glob, rules in table.get("per-file-ignores", {}).items()}
    return Settings(folder, levels, tuple(table.get("exclude", ())), per_file)
