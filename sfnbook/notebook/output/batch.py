"""A batch: one run for each row of a DataFrame or each element of a list (``%sfn_run NAME INPUT --each``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from sfnbook.errors import InputError
from sfnbook.notebook.output.loops import Loop
from sfnbook.run import Run
from sfnbook.values import Json, printable

if TYPE_CHECKING:
    import pandas


class Batch(Sequence[Run]):
    """The runs of a batch, in the order of its inputs. given: the DataFrame or list that they are of."""

    def __init__(self, machine: str, given: Any, runs: Sequence[Run]) -> None:
        self.machine = machine
        self.given = given
        self._runs = list(runs)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Run]: ...
    def __getitem__(self, index: int | slice) -> Run | Sequence[Run]:
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    @property
    def failed(self) -> list[Run]:
        """The runs that ended without success."""
        return [run for run in self._runs if run.done and run.status != "SUCCEEDED"]

    def to_frame(self) -> pandas.DataFrame:
        """Return the inputs joined with what became of them: ``run``, ``status``, ``output``, ``error``, ``seconds``.

        A DataFrame keeps its columns and index, a list becomes the column ``input``; a column of the inputs that has
        one of these names gets ``_input`` behind it. Raises InputError without pandas.
        """
        try:
            import pandas
        except ImportError:
            raise InputError("A table needs pandas: pip install pandas") from None
        count = len(self._runs)
        table = self.given.iloc[:count] if _is_frame(self.given) else None
        index = table.index if table is not None else range(count)
        results = pandas.DataFrame(
            {
                "run": [run.name for run in self._runs],
                "status": [run.status for run in self._runs],
                "output": pandas.Series([run.output for run in self._runs], index=index, dtype=object),
                "error": [run.error for run in self._runs],
                "seconds": [run.seconds for run in self._runs],
            },
            index=index,
        )
        if table is None:
            table = pandas.DataFrame({"input": pandas.Series([run.input for run in self._runs], dtype=object)})
        taken = {name: f"{name}_input" for name in table.columns if name in results.columns}
        return pandas.concat([table.rename(columns=taken), results], axis="columns")

    def __repr__(self) -> str:
        loop = Loop(self.machine)
        for run in self._runs:
            loop.add(run)
        return printable(loop.text())


def inputs_of(given: Any) -> list[Json]:
    """Return the input of each run: a DataFrame's rows as objects, a Series' or a list's elements.

    Numbers and times of pandas become JSON's: a missing value is null, a time its ISO text. Raises InputError for what
    has no rows.
    """
    if _is_frame(given):
        return [{str(name): _plain(value) for name, value in row.items()} for row in given.to_dict("records")]
    if type(given).__module__.partition(".")[0] in ("pandas", "numpy") and hasattr(given, "tolist"):
        return [_plain(value) for value in given.tolist()]
    if isinstance(given, (list, tuple)):
        return list(given)
    raise InputError(f"--each takes a DataFrame or a list, one run for each row; this is a {type(given).__name__}.")


def _is_frame(given: Any) -> bool:
    return hasattr(given, "columns") and hasattr(given, "to_dict") and hasattr(given, "iloc")


def _plain(value: Any) -> Any:
    """A cell of a table as JSON has it."""
    if type(value).__name__ in ("NaTType", "NAType") or (isinstance(value, float) and value != value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value
