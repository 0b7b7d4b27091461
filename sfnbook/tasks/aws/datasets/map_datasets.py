"""ItemReader and ResultWriter: objects in buckets -> the items of a distributed Map, its results -> objects.

Formats and file names are AWS's (docs: "ItemReader (Map)", "ResultWriter (Map)"). Knows what is in the objects, not
where the buckets are. Items are made one at a time, so that reading takes no more memory than the items themselves.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from io import TextIOWrapper
from itertools import chain, islice
from typing import Any, BinaryIO, Final, TypeAlias

from sfnbook.errors import ITEM_READER_FAILED, RESULT_WRITER_FAILED, BindingError, TaskError
from sfnbook.runtime.task import Handler, Task
from sfnbook.tasks.aws.datasets import csv_rows
from sfnbook.tasks.aws.datasets.buckets import Store
from sfnbook.values import Json, from_text, to_text, wire_copy

Config: TypeAlias = Mapping[str, Json]
"""A ReaderConfig."""

Reader: TypeAlias = Callable[[BinaryIO, str, Config], Json]
"""Makes items, one after the other, of an object's bytes and its name."""

NOT_ITERABLE: Final = "Attempting to map over non-iterable node."
"""AWS's cause for a dataset that is no array (recorded)."""

DUPLICATES: Final = "CSV headers cannot contain duplicates."
"""AWS's cause for a header that has a name twice (recorded)."""

NO_VERSIONS: Final = "S3 Version ID selection is not currently supported for PARQUET files"
"""AWS's cause for a VersionId beside InputType PARQUET (recorded by others)."""

Sources: TypeAlias = list[list[Json]]
"""Where items came from, in turn: [``s3://bucket/key``, how many items]."""

DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def bucket_handler(store: Store) -> Handler:
    """Return what answers the calls of kind ItemReader and ResultWriter."""

    def handle(task: Task) -> Json:
        if task.kind == "ItemReader":
            return _guarded(
                ITEM_READER_FAILED, lambda: read_items(store, task.resource.operation, task._call.arguments)
            )
        return _guarded(RESULT_WRITER_FAILED, lambda: write_results(store, task._call.arguments))

    return handle


def _guarded(error: str, work: Callable[[], Json]) -> Json:
    """Fail with AWS's error name for whatever is wrong with the data or the place."""
    try:
        return work()
    except (BindingError, ValueError, OSError, EOFError) as fault:
        raise TaskError(error, str(fault)) from None


# -------------------------------------------------------------------------------------------------------- reading
def read_items(store: Store, action: str, request: Mapping[str, Json]) -> Json:
    """Return the items that an ItemReader asks for: a list, or a dict for an object's key-value pairs.

    action: ``getObject`` or ``listObjectsV2``. request: ``{"Arguments", "ReaderConfig"}``, MaxItems as a number (0 for
    all). With ``"Sources": True`` it is ``{"Items", "Sources"}``, the latter in turn [where, how many items]. Raises
    ValueError or BindingError that say what is wrong.
    """
    sources: Sources = []
    arguments, config = request["Arguments"], request["ReaderConfig"]
    bucket = _text(arguments, "Bucket")
    if action == "listObjectsV2":
        found: Json = _listed(store, bucket, arguments.get("Prefix") or "", config, sources)
    elif action == "getObject":
        found = _contents(store, bucket, _text(arguments, "Key"), config, sources, arguments.get("VersionId"))
    else:
        raise ValueError(f"ItemReader cannot use s3:{action}; it reads with s3:getObject or s3:listObjectsV2.")
    most = config.get("MaxItems") or None
    if isinstance(found, dict):
        items: Json = dict(islice(found.items(), most))
    else:
        items = list(islice(found, most))
    return {"Items": items, "Sources": sources} if request.get("Sources") else items


def _noted(sources: Sources, bucket: str, key: str, items: Iterable[Json]) -> Iterator[Json]:
    """Yield items, and note which object they came from."""
    name = f"s3://{bucket}/{key}"
    if not sources or sources[-1][0] != name:
        sources.append([name, 0])
    entry = sources[-1]
    for item in items:
        entry[1] += 1
        yield item


def _text(arguments: Json, name: str) -> str:
    value = arguments.get(name) if isinstance(arguments, dict) else None
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"{name} must be a string that is not empty, but was: {to_text(value)}")


def _listed(store: Store, bucket: str, prefix: str, config: Config, sources: Sources) -> Iterator[Json]:
    """The objects themselves, or with LOAD_AND_FLATTEN what is in them."""
    flatten = config.get("Transformation") == "LOAD_AND_FLATTEN"
    for found in store.list(bucket, prefix):
        if flatten:
            inside = _contents(store, bucket, found.key, config, [])
            inside = _pairs(inside) if isinstance(inside, dict) else inside
            yield from _noted(sources, bucket, found.key, inside)
        else:
            yield {
                "Etag": found.etag,
                "Key": found.key,
                "LastModified": int(found.modified),
                "Size": found.size,
                "StorageClass": "STANDARD",
            }


def _pairs(value: Mapping[str, Json]) -> Iterator[Json]:
    return ({"Key": key, "Value": inner} for key, inner in value.items())


def _contents(
    store: Store, bucket: str, key: str, config: Config, sources: Sources, version: str | None = None
) -> Json:
    """The items in one object: a dict, or an iterator."""
    kind = config.get("InputType") or "JSON"
    if kind == "MANIFEST" or (config.get("ManifestType") and key.endswith((".json", ".csv"))):
        return _manifest(store, bucket, key, config, sources)
    if kind not in READERS:
        raise ValueError(f"Unknown InputType {kind}; use {', '.join([*READERS, 'MANIFEST'])}.")
    if kind == "PARQUET" and version:
        raise ValueError(NO_VERSIONS)
    reader, name = READERS[kind], f"s3://{bucket}/{key}"
    if kind == "JSON":
        with _opened(store, bucket, key, version) as stream:
            return reader(stream, name, config)
    return _lazily(store, bucket, key, version, reader, name, config)


def _lazily(
    store: Store, bucket: str, key: str, version: str | None, reader: Reader, name: str, config: Config
) -> Iterator[Json]:
    with _opened(store, bucket, key, version) as stream:
        yield from reader(stream, name, config)


@contextmanager
def _opened(store: Store, bucket: str, key: str, version: str | None) -> Iterator[BinaryIO]:
    """An object's bytes, unpacked if its key says that they are packed."""
    with closing(store.open(bucket, key, version)) as stream:
        if key.endswith(".gz"):
            import gzip

            with gzip.open(stream) as unpacked:
                yield unpacked  # type: ignore[misc]  # a GzipFile lacks only ``mode``
        elif key.endswith((".zst", ".zstd")):
            with _zstd().open(stream) as unpacked:
                yield unpacked
        else:
            yield stream


def _zstd() -> Any:
    """Return Python 3.14's module for Zstandard, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        try:
            from backports import zstd
        except ImportError:
            raise ValueError("Reading Zstandard needs Python 3.14, or: pip install 'sfnbook[zstd]'") from None
    return zstd


def _json(stream: BinaryIO, name: str, config: Config) -> Json:
    value = _parsed(stream.read(), name)
    for part in _pointer(config.get("ItemsPointer") or ""):
        value = _inside(value, part, config["ItemsPointer"])
    if not isinstance(value, (list, dict)):
        raise ValueError(NOT_ITERABLE)
    return value if isinstance(value, dict) else iter(value)


def _parsed(text: bytes, name: str) -> Json:
    try:
        return from_text(text.decode("utf-8-sig"))
    except ValueError as fault:
        raise ValueError(f"{name} is no JSON: {fault}") from None


def _pointer(text: str) -> list[str]:
    """The parts of a JSON Pointer (RFC 6901)."""
    if not text:
        return []
    if not text.startswith("/"):
        raise ValueError(f'ItemsPointer must begin with "/": {text}')
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _inside(value: Json, part: str, pointer: str) -> Json:
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    raise ValueError(f"ItemsPointer {pointer} leads nowhere: there is no {part}.")


def _lines(stream: BinaryIO, name: str, config: Config) -> Iterator[Json]:
    """JSON Lines: one item a line, blank lines skipped."""
    for number, line in enumerate(stream, 1):
        if line.strip():
            yield _parsed(line, f"Line {number} of {name}")


def _csv(stream: BinaryIO, name: str, config: Config) -> Iterator[Json]:
    """CSV: every value a string, missing ones "", surplus ones dropped (recorded: map_item_reader_csv...)."""
    delimiter = config.get("CSVDelimiter") or "COMMA"
    if delimiter not in DELIMITERS:
        raise ValueError(f"Unknown CSVDelimiter {delimiter}; use {', '.join(DELIMITERS)}.")
    with TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        yield from _rows(csv_rows.rows(text, DELIMITERS[delimiter]), config)


def _rows(rows: Iterator[list[str]], config: Config) -> Iterator[Json]:
    location = config.get("CSVHeaderLocation") or ("GIVEN" if "CSVHeaders" in config else "FIRST_ROW")
    headers = config.get("CSVHeaders") if location == "GIVEN" else next(rows, None)
    if headers is None:
        if location == "GIVEN":
            raise ValueError("CSVHeaderLocation is GIVEN, but there are no CSVHeaders.")
        return
    if len(set(headers)) != len(headers):
        raise ValueError(DUPLICATES)
    width = len(headers)
    for row in rows:
        if row:
            yield dict(zip(headers, row[:width] + [""] * (width - len(row)), strict=True))


def _parquet(stream: BinaryIO, name: str, config: Config) -> Iterator[Json]:
    try:
        from pyarrow import parquet  # type: ignore[import-not-found,import-untyped,unused-ignore]  # optional
    except ImportError:
        raise ValueError("Reading Parquet needs pyarrow: pip install pyarrow") from None
    for batch in parquet.ParquetFile(stream).iter_batches():
        for row in batch.to_pylist():
            yield wire_copy(from_text(json.dumps(row, default=str)))


READERS: Final[dict[str, Reader]] = {
    "JSON": _json,
    "JSONL": _lines,
    "CSV": _csv,
    "PARQUET": _parquet,
}


# ------------------------------------------------------------------------------------------------------ manifests
def _manifest(store: Store, bucket: str, key: str, config: Config, sources: Sources) -> Iterator[Json]:
    """The items that a manifest leads to.

    An S3 inventory's ``manifest.json`` names CSV files whose rows are the items, by the names of its ``fileSchema``.
    Any other manifest lists data files, one ``s3://bucket/key`` a line (Athena's), or objects as ``bucket,key`` rows.
    """
    with closing(store.open(bucket, key)) as stream:
        text = stream.read().decode("utf-8-sig")
    if text.lstrip().startswith("{"):
        return _inventory(store, _parsed(text.encode(), f"s3://{bucket}/{key}"), sources)
    return _listing(store, text, (bucket, key), config, sources)


def _inventory(store: Store, manifest: Mapping[str, Json], sources: Sources) -> Iterator[Json]:
    if manifest.get("fileFormat", "CSV") != "CSV":
        raise ValueError(f"The inventory's files are {manifest['fileFormat']}; only CSV can be read here.")
    headers = [name.strip() for name in str(manifest.get("fileSchema", "Bucket, Key")).split(",")]
    bucket = str(manifest.get("destinationBucket", "")).removeprefix("arn:aws:s3:::")
    given = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": headers}
    parts = [part["key"] for part in manifest.get("files", ())]
    return chain.from_iterable(_noted(sources, bucket, key, _contents(store, bucket, key, given, [])) for key in parts)


def _listing(store: Store, text: str, manifest: tuple[str, str], config: Config, sources: Sources) -> Iterator[Json]:
    kind = config.get("InputType")
    inner = {**config, "InputType": "CSV" if kind in (None, "MANIFEST") else kind, "ManifestType": None}
    for row in csv_rows.rows(text.splitlines(), ","):
        if not row:
            continue
        if row[0].startswith("s3://"):
            bucket, _, key = row[0].removeprefix("s3://").partition("/")
            inside = _contents(store, bucket, key, inner, [])
            yield from _noted(sources, bucket, key, _pairs(inside) if isinstance(inside, dict) else inside)
        elif len(row) >= 2:
            yield from _noted(sources, *manifest, [{"Bucket": row[0], "Key": row[1]}])
        else:
            raise ValueError(f"This line of the manifest names no object: {row[0]}")


# -------------------------------------------------------------------------------------------------------- writing
def write_results(store: Store, request: Mapping[str, Json]) -> Json:
    """Write the results of a Map run and its manifest, and return what the Map state's result is then.

    request: ``{"Arguments": {"Bucket", "Prefix"}, "WriterConfig", "MapRunArn", "Executions"}``, the last a list of child
    executions, as AWS writes them, for each of FAILED, PENDING and SUCCEEDED.
    """
    arguments, config, arn = request["Arguments"], request["WriterConfig"], request["MapRunArn"]
    bucket = _text(arguments, "Bucket")
    prefix = str(arguments.get("Prefix") or "").rstrip("/")
    place = "/".join(part for part in (prefix, arn.rpartition(":")[2]) if part)
    files: dict[str, list[Json]] = {}
    for status, executions in request["Executions"].items():
        results = _transformed(executions, config) if status == "SUCCEEDED" else executions
        files[status] = [_file(store, bucket, f"{place}/{status}_0.json", results, config)] if executions else []
    manifest = {"DestinationBucket": bucket, "MapRunArn": arn, "ResultFiles": files}
    store.put(bucket, f"{place}/manifest.json", [to_text(manifest).encode()])
    return {"MapRunArn": arn, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{place}/manifest.json"}}


def _file(store: Store, bucket: str, key: str, results: Iterable[Json], config: Config) -> Json:
    chunks = _json_lines(results) if config.get("OutputType") == "JSONL" else _json_array(results)
    return {"Key": key, "Size": store.put(bucket, key, chunks)}


def _transformed(executions: Sequence[Json], config: Config) -> Iterable[Json]:
    """``Transformation``: NONE keeps the executions as they are, COMPACT their outputs, FLATTEN what is in arrays."""
    if config.get("Transformation", "NONE") == "NONE":
        return executions
    outputs = (from_text(execution["Output"]) for execution in executions)
    if config["Transformation"] == "COMPACT":
        return outputs
    return chain.from_iterable(output if isinstance(output, list) else (output,) for output in outputs)


def _json_array(results: Iterable[Json]) -> Iterator[bytes]:
    before = b"["
    for result in results:
        yield before + to_text(result).encode()
        before = b","
    yield b"[]" if before == b"[" else b"]"


def _json_lines(results: Iterable[Json]) -> Iterator[bytes]:
    return (to_text(result).encode() + b"\n" for result in results)
