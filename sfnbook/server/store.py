"""The store: what outlives the process, in one SQLite file. Machines, executions, journals and histories.

Every write is committed when its method returns (WAL: a killed process loses nothing). Knows rows and JSON texts; knows
neither requests nor who drives an execution. One thread uses it.
"""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, Final, get_args

from sfnbook.engine.commands import Command
from sfnbook.engine.events import Event
from sfnbook.engine.execution import Execution
from sfnbook.engine.journal import Entries, Entry, Journal
from sfnbook.errors import InputError, NotWritten
from sfnbook.values import Json, from_text

_log = logging.getLogger("sfnbook.server")

LARGEST_LOG: Final = 16_777_216
"""Bytes of the write-ahead log from which on it is begun anew."""

SHARE: Final = 16
"""The log may take one part in so many of the free disk: what it holds is written once more, into the file itself."""

_PAGE: Final = 4096
"""Bytes of a page, in which SQLite counts the log."""

_FOR_NOW: Final = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_CANTOPEN")
"""What SQLite says when a write may well succeed later."""

_AT_ONCE: Final = 200
"""Events of a history that are made and written at a time."""

_COMMANDS: Final[dict[str, Any]] = {kind.__name__: kind for kind in get_args(Command)}

FORMAT: Final = 1
"""The number of this layout, kept in the file: a later one says so instead of misreading it."""

_TABLES: Final = """
create table if not exists records (kind text, key text, body text, primary key (kind, key)) without rowid;
create table if not exists definitions (digest text primary key, body text) without rowid;
create table if not exists executions (
    id integer primary key, arn text unique, machine text, version text, alias text, status text,
    started real, stopped real, redrives integer default 0, head text, result text);
create index if not exists by_machine on executions (machine, id);
create index if not exists by_version on executions (version, id) where version is not null;
create index if not exists by_alias on executions (alias, id) where alias is not null;
create index if not exists by_status on executions (status, machine, id);
create index if not exists by_status_alone on executions (status, id);
create index if not exists by_version_status on executions (version, status, id) where version is not null;
create index if not exists by_alias_status on executions (alias, status, id) where alias is not null;
create index if not exists by_redriven on executions (machine, id) where redrives > 0;
create index if not exists by_status_redriven on executions (status, machine, id) where redrives > 0;
create index if not exists by_version_redriven on executions (version, id) where redrives > 0;
create index if not exists by_version_status_redriven on executions (version, status, id) where redrives > 0;
create index if not exists by_alias_redriven on executions (alias, id) where redrives > 0;
create index if not exists by_alias_status_redriven on executions (alias, status, id) where redrives > 0;
create table if not exists answers (execution integer, call integer, entry text,
    primary key (execution, call)) without rowid;
create table if not exists journal (execution integer, number integer, entry text,
    primary key (execution, number)) without rowid;
create table if not exists histories (execution integer primary key, events blob);
create table if not exists map_runs (arn text primary key, execution integer, child text, body text) without rowid;
create index if not exists map_runs_with on map_runs (child);
create index if not exists map_runs_of on map_runs (execution);
"""


@dataclass(slots=True)
class Stored:
    """An execution as it is stored. Times in seconds since the epoch, UTC; ``stopped`` None while it runs.

    head: what was known at its start; result: how it ended (output as JSON text, error, cause), {} while it runs.
    """

    id: int
    arn: str
    machine: str
    version: str | None
    alias: str | None
    status: str
    started: float
    stopped: float | None
    redrives: int
    head: dict[str, Any]
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which executions a list holds, and in which order. Fields that are empty leave nothing out.

    text: in the machine's or the execution's name, the error or its cause; a to z and A to Z are the same. since, until:
    when it started. order: "started", "duration" or "name" (by machine first).
    """

    machine: str | None = None
    status: str | None = None
    text: str = ""
    since: float | None = None
    until: float | None = None
    order: str = "started"
    descending: bool = True


_ORDERS: Final = {"started": "id", "name": "arn", "duration": "coalesce(stopped, {now}) - started"}
"""What executions can be sorted by. Their numbers grow with the time of their start."""

_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""As SQLite's lower() does it."""

_UNSUCCESSFUL: Final = "status in ('FAILED', 'TIMED_OUT', 'ABORTED')"
_NAMES_HAVE: Final = (
    "instr(lower(substr(arn, case instr(arn, ':execution:') when 0 then instr(arn, ':express:') + 9"
    " else instr(arn, ':execution:') + 11 end)), ?)"
)
_HAS_TEXT: Final = (
    f"id in (select id from executions where {_NAMES_HAVE}"
    f" union all select id from executions where {_UNSUCCESSFUL} and instr(lower(result), ?))"
)
"""The first half reads the index of the ARNs alone."""

_LISTED: Final = (
    "id, arn, machine, version, alias, status, started, stopped, redrives, case when redrives > 0 then head end"
)
_SOUND: Final = (
    "typeof(started) in ('real', 'integer') and typeof(stopped) in ('real', 'integer', 'null')"
    " and typeof(redrives) = 'integer' and typeof(arn) = 'text' and (redrives = 0 or json_valid(head))"
)
"""A row whose line in a list can be read; whether the execution can be is found out when it is asked for."""

_COLUMNS: Final = "id, arn, machine, version, alias, status, started, stopped, redrives, head, result"


class Damaged(InputError):
    """What stands in the database under a name cannot be read."""

    def __init__(self, name: str, why: str) -> None:
        self.message = f"The database's record of {name} is damaged: {why}."
        super().__init__(self.message)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever reading a record raises into `Damaged`; name: what the record is called."""
    try:
        yield
    except Damaged:
        raise
    except Exception as fault:  # a door: a file that somebody else may have written can hold anything
        raise Damaged(name, f"{type(fault).__name__}: {fault}".removesuffix(".")) from None


_HEAD: Final = {"name": str, "input": str, "seed": int, "names": dict, "type": str}
_NAMES: Final = ("execution_arn", "execution_name", "machine_arn", "machine_name", "role_arn")
_STATUS: Final = frozenset({"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"})


def _stored(row: tuple[Any, ...]) -> Stored:
    """Return a row of the table of executions. Raises Damaged."""
    id, arn, machine, version, alias, status, started, stopped, redrives, head, result = row
    with reading(str(arn)):
        stored = Stored(
            id,
            arn,
            machine,
            version,
            alias,
            status,
            started + 0.0,
            None if stopped is None else stopped + 0.0,
            redrives + 0,
            json.loads(head),
            json.loads(result or "{}"),
        )
        wrong = [key for key, kind in _HEAD.items() if not isinstance(stored.head[key], kind)]
        wrong += [key for key in _NAMES if not isinstance(stored.head["names"][key], str)]
        wrong += ["status"] if status not in _STATUS or (status == "RUNNING") != (stopped is None) else []
        wrong += ["result"] if status == "SUCCEEDED" and "output" not in stored.result else []
        if wrong:
            raise ValueError(f"its {' and '.join(wrong)} cannot be right")
        from_text(stored.head["input"])
        return stored


def _readable(rows: Iterable[tuple[Any, ...]]) -> Iterator[Stored]:
    """Yield those rows of the table of executions that can be read."""
    for row in rows:
        with suppress(Damaged):
            yield _stored(row)


def _listed(row: tuple[Any, ...]) -> Stored:
    """A row of a list: of the head only what the ARN does not say, so that large inputs cost nothing."""
    id, arn, machine, version, alias, status, started, stopped, redrives, head = row
    details = {"name": arn.rpartition(":")[2], **json.loads(head or "{}")}
    return Stored(id, arn, machine, version, alias, status, started, stopped, redrives, details, {})


def _text(value: Any) -> str:
    """JSON in ASCII: SQLite's text cannot hold a lone surrogate, JSON's escapes can."""
    return json.dumps(value, separators=(",", ":"))


def _listed_text(events: Iterable[Event]) -> str:
    """The same of a list, some at a time: of a history of 100,000 events no more than those are in memory at once."""
    rest, parts = iter(events), []
    while some := list(islice(rest, _AT_ONCE)):
        parts.append(_text(some)[1:-1])
    return f"[{','.join(parts)}]"


def _locked(path: str) -> sqlite3.Connection:
    """Return a lock that the system lets go of when this process ends: one server for one file."""
    lock = _connected(path, f"{path}-lock", timeout=0)
    try:
        lock.execute("begin exclusive")
    except sqlite3.Error as fault:
        lock.close()
        used = fault.sqlite_errorname == "SQLITE_BUSY"
        raise InputError(
            f"The database {path} is used by another server." if used else _unusable(path, fault)
        ) from None
    return lock


def _connected(path: str, file: str, timeout: float) -> sqlite3.Connection:
    try:
        return sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=timeout)
    except sqlite3.Error as fault:
        raise InputError(_unusable(path, fault)) from None


def _unusable(path: str, fault: sqlite3.Error) -> str:
    return f"{path} cannot be used as the database: {fault}."


def _opened(path: str) -> sqlite3.Connection:
    """Return the database with our tables in it. Raises InputError for one that is not ours, and lets go of it."""
    database = _connected(path, path, timeout=10)
    try:
        database.text_factory = lambda text: text.decode("utf-8", "replace")  # a damaged text is found by who reads it
        database.execute("pragma journal_mode=wal")
        database.execute("pragma synchronous=normal")
        database.execute("pragma wal_autocheckpoint=0")
        found = database.execute("pragma user_version").fetchone()[0]
        if found > FORMAT:
            raise InputError(f"{path} was written by a newer sfnbook (format {found}).")
        database.executescript(_TABLES)
        database.execute(f"pragma user_version={FORMAT}")
    except sqlite3.Error as fault:
        database.close()
        raise InputError(_unusable(path, fault)) from None
    except InputError:
        database.close()
        raise
    return database


class Store:
    """One file. path: "" is a temporary file that goes with the process. Raises InputError for no database of ours."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self._said = -math.inf
        self._log_pages = 0
        self._lock = _locked(path) if path else None
        try:
            self._db = _opened(path)
        except InputError:
            if self._lock is not None:
                self._lock.close()
            raise
        self._fit_log()

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    def tidy(self) -> None:
        """Move what the write-ahead log holds into the file itself, which waits for the disk; from any thread."""
        if not self.path:
            return
        other = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        try:
            other.execute("pragma wal_checkpoint(passive)")
        except sqlite3.OperationalError as fault:  # a full disk: the log holds what it has not taken in
            _log.warning("the log of %s cannot be taken in: %s", self.path, fault)
        finally:
            other.close()

    def shrink(self) -> None:
        """Begin the write-ahead log anew once it is large. Soon after `tidy` there is little left to be moved."""
        self._fit_log()
        try:
            if self.path and os.path.getsize(f"{self.path}-wal") > LARGEST_LOG:
                self._db.execute("pragma wal_checkpoint(truncate)")
        except (OSError, sqlite3.OperationalError):  # no log; or no room for it at this moment
            return

    def _fit_log(self) -> None:
        """Where little of the disk is free, let each write that makes the log too long for it take the log in.

        A log that is longer than what is free could never be taken in again.
        """
        if not self.path:
            return
        free = shutil.disk_usage(os.path.dirname(os.path.abspath(self.path))).free
        pages = max(16, free // SHARE // _PAGE) if free < LARGEST_LOG * SHARE else 0
        if pages != self._log_pages:
            self._log_pages = pages
            self._db.execute(f"pragma wal_autocheckpoint={pages}")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Commit everything inside as one."""
        if self._db.in_transaction:
            yield
            return
        self._write("begin")
        try:
            yield
            self._write("commit")
        except BaseException:
            if self._db.in_transaction:  # a full disk may have ended it already
                self._db.execute("rollback")
            raise

    def _write(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Change something. Raises NotWritten when the disk cannot take it at this moment."""
        try:
            cursor = self._db.execute(statement, values)
        except sqlite3.OperationalError as fault:
            if not str(fault.sqlite_errorname).startswith(_FOR_NOW):
                raise
            if time.monotonic() > self._said + 60:  # small writes may succeed between large ones that do not
                _log.error("%s cannot be written (%s): executions stand still until it can be.", self.path, fault)
                self._said = time.monotonic()
            raise NotWritten(f"The database {self.path} cannot be written at this moment: {fault}.") from None
        return cursor

    # ---------------------------------------------------------------------------------------------------- records
    def put(self, kind: str, key: str, body: Mapping[str, Any]) -> None:
        """Write a record: a machine, a version, an alias, an activity."""
        self._write("insert or replace into records values (?, ?, ?)", (kind, key, _text(body)))

    def drop(self, kind: str, key: str) -> None:
        """Delete a record, if there is one."""
        self._write("delete from records where kind = ? and key = ?", (kind, key))

    def records(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield all records of a kind: each one's key, and its JSON text."""
        yield from self._db.execute("select key, body from records where kind = ?", (kind,)).fetchall()

    def keep_definition(self, text: str) -> str:
        """Keep a definition's text and return its digest."""
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        self._write("insert or ignore into definitions values (?, ?)", (digest, _text(text)))
        return digest

    def definition(self, digest: str) -> str:
        """Return the definition with a digest. Raises Damaged."""
        with reading(f"the definition {digest}"):
            (body,) = self._db.execute("select body from definitions where digest = ?", (digest,)).fetchone()
            return str(json.loads(body))

    # ------------------------------------------------------------------------------------------------- executions
    def start(
        self,
        arn: str,
        machine: str,
        started: float,
        head: Mapping[str, Any],
        *,
        version: str | None = None,
        alias: str | None = None,
    ) -> int:
        """Write an execution that starts now and return its number."""
        made = self._write(
            "insert into executions (arn, machine, version, alias, status, started, head)"
            " values (?, ?, ?, ?, 'RUNNING', ?, ?)",
            (arn, machine, version, alias, started, _text(head)),
        )
        return int(made.lastrowid or 0)

    def finish(
        self,
        id: int,
        status: str,
        stopped: float,
        result: Mapping[str, Any],
        events: Iterable[Event],
        map_runs: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Write how an execution ended, with its history. The journal of one that succeeded is done with."""
        with self.together():
            self._write(
                "update executions set status = ?, stopped = ?, result = ? where id = ?",
                (status, stopped, _text(result), id),
            )
            packed = zlib.compress(_listed_text(events).encode(), 1)
            self._write("insert or replace into histories values (?, ?)", (id, packed))
            self._write("delete from answers where execution = ?", (id,))
            for arn, body in map_runs.items():
                row = (arn, id, body["child"], _text(body))
                self._write("insert or replace into map_runs values (?, ?, ?, ?)", row)
            if status == "SUCCEEDED":
                self._write("delete from journal where execution = ?", (id,))

    def reopen(self, id: int, redrives: int, head: Mapping[str, Any]) -> None:
        """An execution that had ended runs again (RedriveExecution)."""
        with self.together():
            self._write(
                "update executions set status = 'RUNNING', stopped = null, result = null, redrives = ?, head = ?"
                " where id = ?",
                (redrives, _text(head), id),
            )
            self._write("delete from histories where execution = ?", (id,))

    def execution(self, arn: str) -> Stored | None:
        """Return an execution by its ARN, None when there is none."""
        row = self._db.execute(f"select {_COLUMNS} from executions where arn = ?", (arn,)).fetchone()
        return _stored(row) if row is not None else None

    def execution_of_map_run(self, arn: str) -> tuple[Stored, dict[str, Any]] | None:
        """Return the execution that a stored Map run belongs to, and the Map run."""
        row = self._db.execute("select execution, body from map_runs where arn = ?", (arn,)).fetchone()
        if row is None:
            return None
        owner = self._db.execute(f"select {_COLUMNS} from executions where id = ?", (row[0],)).fetchone()
        with reading(arn):
            return _stored(owner), json.loads(row[1])

    def map_runs(self, id: int) -> list[dict[str, Any]]:
        """Return the stored Map runs of an execution."""
        found = self._db.execute("select body from map_runs where execution = ?", (id,)).fetchall()
        with reading(f"the Map runs of execution number {id}"):
            return [json.loads(body) for (body,) in found]

    def map_runs_of_child(self, child: str) -> list[tuple[dict[str, Any], Stored]]:
        """Return the stored Map runs whose children's ARNs begin so, each with its execution."""
        rows = self._db.execute("select body, execution from map_runs where child = ?", (child,)).fetchall()
        query = f"select {_COLUMNS} from executions where id = ?"
        with reading(f"the Map run of {child}"):
            return [(json.loads(body), _stored(self._db.execute(query, (id,)).fetchone())) for body, id in rows]

    def running(self) -> list[Stored]:
        """Return the executions that had not ended, in the order they started, as far as they can be read."""
        query = f"select {_COLUMNS} from executions where status = 'RUNNING' order by id"
        return list(_readable(self._db.execute(query).fetchall()))

    def damaged(self) -> list[Damaged]:
        """Return what is wrong with each execution that cannot be read and may not have ended."""
        found = []
        query = f"select {_COLUMNS} from executions where status not in (?, ?, ?, ?) or status is null order by id"
        for row in self._db.execute(query, ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")).fetchall():
            try:
                _stored(row)
            except Damaged as fault:
                found.append(fault)
        return found

    def executions(
        self,
        column: str,
        key: str | None,
        *,
        before: int | None,
        limit: int,
        status: str | None = None,
        redriven: bool | None = None,
    ) -> list[Stored]:
        """Return executions without their data, the latest first: those whose ``column`` (machine, version, alias) is ``key``, or all.

        before: only those with a smaller number (the page before).
        """
        where, values = ["1"], list[Any]()
        if key is not None:
            where.append(f"{column} = ?")
            values.append(key)
        if before is not None:
            where.append("id < ?")
            values.append(before)
        if status is not None:
            where.append("status = ?")
            values.append(status)
        if redriven is not None:
            where.append("redrives > 0" if redriven else "redrives = 0")
        query = f"select {_LISTED} from executions where {_SOUND} and {' and '.join(where)} order by id desc limit ?"
        return [_listed(row) for row in self._db.execute(query, (*values, limit)).fetchall()]

    def search(self, wanted: Wanted, *, limit: int, skip: int = 0, beyond: int | None = None) -> list[Stored]:
        """Return executions as `executions` does, with why one failed as its result.

        skip: so many are passed over. beyond: in the order of their start, only those after the one with this number.
        """
        where, values = self._where(wanted)
        down = "desc" if wanted.descending else "asc"
        if beyond is not None:
            where += f" and id {'<' if wanted.descending else '>'} ?"
            values.append(beyond)
        order = f"order by {_ORDERS[wanted.order].format(now=time.time())} {down}, id {down}"
        ids = f"select id from executions where {where} {order} limit ? offset ?"  # sorts numbers, not whole rows
        why = f"case when {_UNSUCCESSFUL} then result end"
        query = f"select {_LISTED}, {why} from executions where {_SOUND} and id in ({ids}) {order}"
        found = []
        for *row, why in self._db.execute(query, (*values, limit, skip)).fetchall():
            stored = _listed(tuple(row))
            with suppress(ValueError):  # a damaged row: the error comes when the execution itself is asked for
                stored.result = dict(json.loads(why)) if why else {}
            found.append(stored)
        return found

    def _where(self, wanted: Wanted) -> tuple[str, list[Any]]:
        """Return the condition of a search as SQL, and its values."""
        parts, values = ["1"], list[Any]()
        for column, value in (("machine", wanted.machine), ("status", wanted.status)):
            if value is not None:
                parts.append(f"{column} = ?")
                values.append(value)
        for bound, sign in ((wanted.since, ">="), (wanted.until, "<")):
            if bound is not None:
                parts.append(f"id {sign} ?")
                values.append(self._first_since(bound))
        if wanted.text:
            parts.append(_HAS_TEXT)
            values += [wanted.text.translate(_LOWER), _text(wanted.text)[1:-1].translate(_LOWER)]
        return " and ".join(parts), values

    def _first_since(self, at: float) -> int:
        """Return the number from which on executions have started at this time or later. They are in this order."""
        low, high = 1, (self._db.execute("select max(id) from executions").fetchone()[0] or 0) + 1
        while low < high:
            middle = (low + high) // 2
            query = f"select id, started from executions where {_SOUND} and id >= ? order by id limit 1"
            found, started = self._db.execute(query, (middle,)).fetchone() or (middle, at)
            low, high = (low, middle) if started >= at else (found + 1, high)
        return low

    def last_input(self, machine: str) -> str | None:
        """Return the input of the execution of a machine that started last, None where there is none that can be read."""
        query = "select head from executions where machine = ? order by id desc limit 1"
        row = self._db.execute(query, (machine,)).fetchone()
        with suppress(ValueError, TypeError, KeyError):
            return str(json.loads(row[0])["input"]) if row is not None else None
        return None

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many executions each machine has in each status."""
        rows = self._db.execute("select machine, status, count(*) from executions group by status, machine")
        return {(machine, status): count for machine, status, count in rows.fetchall()}

    def events(self, id: int) -> list[Event]:
        """Return the history of an execution that has ended."""
        row = self._db.execute("select events from histories where execution = ?", (id,)).fetchone()
        if row is None:
            return []
        with reading(f"the history of execution number {id}"):
            return read_back(json.loads(zlib.decompress(row[0])))

    # --------------------------------------------------------------------------------------------------- journals
    def note(self, id: int, number: int, entry: Entry) -> None:
        """Write down a command before the engine sees it."""
        moved, command = entry
        text = _text([moved, type(command).__name__, *command])
        self._write("insert into journal values (?, ?, ?)", (id, number, text))

    def entries(self, id: int) -> list[Entry]:
        """Return the journal of an execution."""
        rows = self._db.execute("select entry from journal where execution = ? order by number", (id,)).fetchall()
        with reading(f"the journal of execution number {id}"):
            return [_entry(text) for (text,) in rows]

    def keep_answer(self, id: int, call: int, command: Command) -> None:
        """Write down an answer by Task token that came while the task's own function still runs."""
        text = _text([0, type(command).__name__, *command])
        self._write("insert or ignore into answers values (?, ?, ?)", (id, call, text))

    def answers(self, id: int) -> list[Command]:
        """Return the answers of an execution that came early, by `keep_answer`. Raises Damaged."""
        rows = self._db.execute("select entry from answers where execution = ?", (id,)).fetchall()
        with reading(f"what execution number {id} was answered"):
            return [_entry(text).command for (text,) in rows]


def _entry(text: str) -> Entry:
    moved, kind, *fields = json.loads(text)
    if kind == "SetInput":  # JSON has no tuples
        fields[1] = tuple((a, b) for a, b in fields[1])
    return Entry(moved, _COMMANDS[kind](*fields))


def read_back(events: Iterable[list[Any]]) -> list[Event]:
    """Return events that were written as JSON."""
    return [
        Event(number, previous, type, at, address, tuple((a, b) for a, b in frame), detail)
        for number, previous, type, at, address, frame, detail in events
    ]


class StoredJournal(Journal):
    """A journal whose entries go to the store and nowhere else."""

    __slots__ = ("_id", "_store", "written")

    def __init__(
        self, store: Store, id: int, input: Json, at: float, seed: int, names: Mapping[str, str], kept: int = 0
    ) -> None:
        super().__init__(input, at, seed, names)
        self._store = store
        self._id = id
        self.written = kept

    def note(self, execution: Execution, command: Command) -> None:
        """Write down a command that is about to be applied."""
        self._store.note(self._id, self.written, Entry(execution.transitions, command))
        self.written += 1

    def copy(self, until: int | None = None) -> Journal:
        """Return a journal in memory with the first ``until`` entries."""
        entries = self._store.entries(self._id)[:until]
        return Journal(self.input, self.at, self.seed, self.names, Entries(entries), self.place)
