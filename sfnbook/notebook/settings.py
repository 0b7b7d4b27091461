"""``%config SfnbookMagics``: what a notebook's magics do where a line does not say it."""

from __future__ import annotations

from typing import Any

import traitlets
from traitlets.config import Configurable

from sfnbook.errors import InputError
from sfnbook.runtime.clock import make_clock
from sfnbook.workspace import Workspace


class SfnbookMagics(Configurable):
    """Defaults of the magics, for ``%config SfnbookMagics.clock = "x60"`` and for ``ipython_config.py``."""

    clock: traitlets.Unicode[str, str | bytes] = traitlets.Unicode(
        "",
        help='The clock of a run that names none: virtual, virtual@2026-01-31T09:00Z, real or x60. "": as without this line.',
    ).tag(config=True)

    def __init__(self, workspace: Workspace, **options: Any) -> None:
        self._workspace = workspace
        super().__init__(**options)
        workspace.default_clock = self.clock

    @traitlets.validate("clock")
    def _a_clock(self, proposal: dict[str, Any]) -> str:
        clock: str = proposal["value"]
        if clock:
            try:
                make_clock(clock)
            except InputError as error:
                raise traitlets.TraitError(str(error)) from None
        self._workspace.default_clock = clock
        return clock
