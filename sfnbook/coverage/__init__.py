"""Coverage of state machines: what runs entered, took and caught of a definition, and what they did not.

``items`` says what a definition has, ``collect`` what runs did of it, ``report`` shows both, ``lines`` finds it in the
file, ``coveragepy`` hands it to coverage.py, which loads this package as its plugin (``plugins = sfnbook.coverage``).
"""

from __future__ import annotations

from typing import Any


def coverage_init(registry: Any, options: dict[str, Any]) -> None:
    """Register the plugin with coverage.py."""
    from sfnbook.coverage.coveragepy import StateMachineFiles

    registry.add_configurer(StateMachineFiles())
