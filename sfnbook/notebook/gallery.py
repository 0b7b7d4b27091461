"""``%sfn_template``: machines to start from, as pictures in the page, and the cells that a chosen one becomes.

The page's extension writes all cells of a machine at once. Without it a front end takes one new cell with the answer to a cell
that ran: the others wait here, and each cell that runs brings the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfnbook.notebook.arguments import Arguments, Command
from sfnbook.starters import Starter, cells, find, listing, picture, starters

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.widget.gallery import Entry, Gallery
    from sfnbook.workspace import Workspace

TEMPLATE: Final = Command(
    name="%sfn_template",
    words="[TEMPLATE]",
    summary="Show machines to start from; with a name: write its functions, its %%statemachine cell and a run as new cells.",
    examples=("%sfn_template", "%sfn_template choice"),
    allowed=1,
)


class Templates:
    """The cells that wait for their turn in one shell."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace) -> None:
        self.shell = shell
        self.workspace = workspace
        self._waiting: list[str] = []
        self._fresh = False

    def text(self, arguments: Arguments) -> str:
        """Return the list of all, or what a chosen one is and has. Raises InputError for a name that is none."""
        if not arguments.words:
            return f"{listing()}\n\n%sfn_template NAME writes the cells of one of them."
        one = find(arguments.words[0])
        return f"{one.name}: {one.summary}. {len(cells(one))} cells."

    def write(self, arguments: Arguments) -> str:
        """Hand the chosen machine's cells to the front end, where no page writes them; return what to say about it."""
        return self.deliver(cells(find(arguments.words[0])))

    def deliver(self, texts: list[str]) -> str:
        """Put the first of these cells below the next answer, keep the others, and say so."""
        first, *rest = texts
        self._wait(rest, fresh=True)
        self.shell.set_next_input(first, replace=False)
        return f"{len(texts)} cells: each one that runs brings the next."

    def after_cell(self, result: object) -> None:
        """Bring the next cell after one that ran and went well."""
        if self._fresh:  # the cell that asked for them
            self._fresh = False
        elif getattr(result, "success", False):
            self.shell.set_next_input(self._waiting.pop(0), replace=False)
        if not self._waiting:
            self.shell.events.unregister("post_run_cell", self.after_cell)

    def _wait(self, texts: list[str], *, fresh: bool) -> None:
        if not self._waiting and texts:
            self.shell.events.register("post_run_cell", self.after_cell)
        elif self._waiting and not texts:
            self.shell.events.unregister("post_run_cell", self.after_cell)
        self._waiting, self._fresh = texts, fresh

    def gallery(self, arguments: Arguments) -> Gallery:
        """Return the widget of all templates, or of the chosen one, whose cells the page then writes at once."""
        from sfnbook.widget.gallery import Gallery

        chosen = find(arguments.words[0]) if arguments.words else None
        shown = [chosen] if chosen else [*starters().values()]
        at_once = chosen.name if chosen and self.workspace.completed_by_page else ""
        return Gallery(
            [_entry(one) for one in shown], lambda name: cells(find(name)), self._deliver_later, at_once=at_once
        )

    def _deliver_later(self, texts: list[str]) -> str:
        """As `deliver`, for a press between two cells: the next cell that runs brings the first."""
        self._wait(texts, fresh=False)
        return f"Run any cell: the {len(texts)} new ones come one by one, each below the one that ran."


def _entry(one: Starter) -> Entry:
    from sfnbook.widget.gallery import Entry

    return Entry(one.name, one.group, one.summary, picture(one))
