"""ItemReader and ResultWriter over directories that stand in for buckets."""

from __future__ import annotations

import gzip
import io
import json
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.errors import BindingError
from sfnbook.tasks.aws.datasets.buckets import Buckets, Directories, Endpoint, Served
from sfnbook.tasks.aws.datasets.csv_rows import rows
from sfnbook.tasks.aws.datasets.map_datasets import read_items, write_results

ROOM = {"Bucket": "b", "Key": "k"}


def put(root: Path, key: str, body: str | bytes, bucket: str = "b") -> None:
    """Put an object into a bucket."""
    path = root / bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body if isinstance(body, bytes) else body.encode())


def read(root: Path, body: str | bytes, key: str = "k", **config: Any) -> Any:
    """Return the items that a ReaderConfig finds in an object."""
    put(root, key, body)
    return read_items(
        Directories(root), "getObject", {"Arguments": {"Bucket": "b", "Key": key}, "ReaderConfig": config}
    )


@pytest.mark.parametrize(
    ("body", "config", "items"),
    [
        ("[1, {}]", {}, [1, {}]),
        ('{"a": 1, "b": 2}', {}, {"a": 1, "b": 2}),
        ('{"a": 1, "b": 2}', {"MaxItems": 1}, {"a": 1}),
        ("[1, 2, 3]", {"MaxItems": 2}, [1, 2]),
        ("[1, 2, 3]", {"MaxItems": 0}, [1, 2, 3]),
        ("\ufeff[1]", {}, [1]),
        ('{"in": {"a/b": [7]}}', {"ItemsPointer": "/in/a~1b"}, [7]),
        ('{"in": [0, [7]]}', {"ItemsPointer": "/in/1"}, [7]),
        ("[7]", {"ItemsPointer": ""}, [7]),
    ],
)
def test_json(tmp_path: Path, body: str, config: dict[str, Any], items: Any) -> None:
    assert read(tmp_path, body, InputType="JSON", **config) == items


def test_json_lines(tmp_path: Path) -> None:
    assert read(tmp_path, '{"a": 1}\n\n  \n[2]\r\n"x"', InputType="JSONL") == [{"a": 1}, [2], "x"]
    assert read(tmp_path, "1\n2\nnot read", InputType="JSONL", MaxItems=2) == [1, 2]


CSV = "A,B\n1,2\n,\n3\n4,5,6\n   \n\"x,y\",'q'\n"


@pytest.mark.parametrize(
    ("config", "items"),
    [
        (
            {"CSVHeaderLocation": "FIRST_ROW"},
            [
                {"A": "1", "B": "2"},
                {"A": "", "B": ""},
                {"A": "3", "B": ""},
                {"A": "4", "B": "5"},
                {"A": "   ", "B": ""},
                {"A": "x,y", "B": "'q'"},
            ],
        ),
        ({"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["H"], "MaxItems": 2}, [{"H": "A"}, {"H": "1"}]),
        ({"CSVDelimiter": "PIPE", "MaxItems": 1}, [{"A,B": "1,2"}]),
    ],
)
def test_csv(tmp_path: Path, config: dict[str, Any], items: Any) -> None:
    assert read(tmp_path, CSV, InputType="CSV", **config) == items


def test_an_inventory(tmp_path: Path) -> None:
    put(tmp_path, "data/1.csv.gz", gzip.compress(b'"src","x%20y","5"\n"src","z","6"\n'))
    manifest = {
        "destinationBucket": "arn:aws:s3:::b",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "data/1.csv.gz"}],
    }
    assert read(tmp_path, json.dumps(manifest), key="manifest.json", InputType="MANIFEST") == [
        {"Bucket": "src", "Key": "x%20y", "Size": "5"},
        {"Bucket": "src", "Key": "z", "Size": "6"},
    ]


def test_manifests_that_list(tmp_path: Path) -> None:
    put(tmp_path, "part-1.jsonl", '{"n": 1}\n{"n": 2}\n')
    lines = "s3://b/part-1.jsonl\ns3://b/part-1.jsonl\n"
    found = read(tmp_path, lines, key="m.csv", InputType="JSONL", ManifestType="ATHENA_DATA", MaxItems=3)
    assert found == [{"n": 1}, {"n": 2}, {"n": 1}]
    assert read(tmp_path, "b,one\nb,two\n", InputType="MANIFEST") == [
        {"Bucket": "b", "Key": "one"},
        {"Bucket": "b", "Key": "two"},
    ]


def test_list_objects(tmp_path: Path) -> None:
    for key in ("in/b.txt", "in/a.txt", "in/deep/c.txt", "other"):
        put(tmp_path, key, key)
    request = {"Arguments": {"Bucket": "b", "Prefix": "in/"}, "ReaderConfig": {}}
    found = read_items(Directories({"b": tmp_path / "b"}), "listObjectsV2", request)
    assert [item["Key"] for item in found] == ["in/a.txt", "in/b.txt", "in/deep/c.txt"]
    assert len(found[0]["Etag"]) == 34
    assert (found[0]["Size"], found[0]["StorageClass"], type(found[0]["LastModified"])) == (8, "STANDARD", int)


def test_list_objects_and_what_is_in_them(tmp_path: Path) -> None:
    put(tmp_path, "a.json", "[1, 2]")
    put(tmp_path, "b.json", '{"k": 3}')
    config = {"Transformation": "LOAD_AND_FLATTEN", "InputType": "JSON"}
    request = {"Arguments": {"Bucket": "b"}, "ReaderConfig": config}
    assert read_items(Directories(tmp_path), "listObjectsV2", request) == [1, 2, {"Key": "k", "Value": 3}]
    found = read_items(Directories(tmp_path), "listObjectsV2", {**request, "Sources": True})
    assert found["Sources"] == [["s3://b/a.json", 2], ["s3://b/b.json", 1]]
    assert found["Items"] == [1, 2, {"Key": "k", "Value": 3}]


@pytest.mark.parametrize("most", [0, 3])
def test_where_the_items_of_a_manifest_came_from(tmp_path: Path, most: int) -> None:
    put(tmp_path, "one.jsonl", "1\n2\n")
    put(tmp_path, "two.jsonl", "3\n4\n")
    put(tmp_path, "manifest.csv", "s3://b/one.jsonl\ns3://b/two.jsonl\n")
    config = {"InputType": "JSONL", "ManifestType": "ATHENA_DATA", "MaxItems": most}
    request = {"Arguments": {"Bucket": "b", "Key": "manifest.csv"}, "ReaderConfig": config, "Sources": True}
    found = read_items(Directories(tmp_path), "getObject", request)
    assert found["Items"] == [1, 2, 3, 4][: most or 4]
    assert [where for where, _ in found["Sources"]] == ["s3://b/one.jsonl", "s3://b/two.jsonl"]
    assert found["Sources"][0][1] == 2


def test_parquet_has_no_versions(tmp_path: Path) -> None:
    put(tmp_path, "k", b"")
    request = {"Arguments": {"Bucket": "b", "Key": "k", "VersionId": "v"}, "ReaderConfig": {"InputType": "PARQUET"}}
    with pytest.raises(ValueError, match="S3 Version ID selection is not currently supported for PARQUET files"):
        read_items(Directories(tmp_path), "getObject", request)


@pytest.mark.parametrize("key", ["k.zst", "k.zstd"])
def test_zstandard_beside_gzip(tmp_path: Path, key: str) -> None:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    assert read(tmp_path, zstd.compress(b"[1, 2]"), key, InputType="JSON") == [1, 2]
    assert read(tmp_path, zstd.compress(b"a\n1\n2\n"), key, InputType="CSV") == [{"a": "1"}, {"a": "2"}]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('1,{""MyKey"":""MyValue""}', ["1", '{"MyKey":"MyValue"}']),
        ('"a,b","say ""hi"""', ["a,b", 'say "hi"']),
        ('"",""', ["", ""]),
        ('""x"",2', ['"x"', "2"]),
        ('"a"b,c"d', ["ab", 'c"d']),
        ('"two\nlines",2', ["two\nlines", "2"]),
        (r"a\\b,c\,d", ["a\\b", "c,d"]),
        (r"\n\"x\",\t", ['n"x"', "t"]),
        (r'"a\"b",2', ['a"b', "2"]),
        ("a\\", ["a\\"]),
        ("plain, 2 ", ["plain", " 2 "]),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_csv_quotes_and_backslashes(line: str, fields: list[str], end: str) -> None:
    text = line + end + ("x,y" if end else "")
    assert list(rows(StringIO(text, newline=""), ",")) == [fields, *([["x", "y"]] if end else [])]


@pytest.mark.parametrize(
    ("body", "config", "cause"),
    [
        ("5", {"InputType": "JSON"}, "Attempting to map over non-iterable node."),
        ("A,A\n1,2\n", {"InputType": "CSV"}, "CSV headers cannot contain duplicates."),
        (
            "",
            {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "x"]},
            "CSV headers cannot contain duplicates.",
        ),
        ("[1,", {"InputType": "JSON"}, "s3://b/k is no JSON"),
        ('1\n{"a"\n', {"InputType": "JSONL"}, "Line 2 of s3://b/k is no JSON"),
        ("{}", {"InputType": "JSON", "ItemsPointer": "/a"}, "ItemsPointer /a leads nowhere"),
        ("x", {"InputType": "XML"}, "Unknown InputType XML"),
        ("x", {"InputType": "CSV", "CSVDelimiter": ";"}, "Unknown CSVDelimiter ;"),
        ("nothing\n", {"InputType": "MANIFEST"}, "names no object: nothing"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, body: str, config: dict[str, Any], cause: str) -> None:
    with pytest.raises(ValueError, match=cause.replace(".", r"\.")):
        read(tmp_path, body, **config)


@pytest.mark.parametrize(
    ("bucket", "key", "cause"),
    [
        ("none", "k", "The specified bucket does not exist: none"),
        ("b", "none", "The specified key does not exist: s3://b/none"),
        ("b", "../secret", "leads out of the directory"),
        ("b", "/etc/hostname", "leads out of the directory"),
        ("..", "b/k", "no name of a bucket"),
    ],
)
def test_what_is_not_there(tmp_path: Path, bucket: str, key: str, cause: str) -> None:
    put(tmp_path, "k", "[]")
    with pytest.raises(BindingError, match=cause):
        Directories(tmp_path).open(bucket, key)


def executions(**groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Child executions by kind of result file."""
    return {"FAILED": [], "PENDING": [], "SUCCEEDED": [], **groups}


@pytest.mark.parametrize(
    ("config", "written"),
    [
        ({}, '[{"Output":"[1,2]","Status":"SUCCEEDED"},{"Output":"3","Status":"SUCCEEDED"}]'),
        ({"Transformation": "COMPACT"}, "[[1,2],3]"),
        ({"Transformation": "FLATTEN"}, "[1,2,3]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "1\n2\n3\n"),
    ],
)
def test_results(tmp_path: Path, config: dict[str, str], written: str) -> None:
    (tmp_path / "b").mkdir()
    good = [{"Output": text, "Status": "SUCCEEDED"} for text in ("[1,2]", "3")]
    arn = "arn:aws:states:us-east-1:123456789012:mapRun:m/L:ad9b5f27"
    groups = executions(SUCCEEDED=good, FAILED=[{"Status": "FAILED"}])
    place = {"Bucket": "b", "Prefix": "jobs/"}
    request = {"Arguments": place, "WriterConfig": config, "MapRunArn": arn, "Executions": groups}
    assert write_results(Directories(tmp_path), request) == {
        "MapRunArn": arn,
        "ResultWriterDetails": {"Bucket": "b", "Key": "jobs/ad9b5f27/manifest.json"},
    }
    folder = tmp_path / "b" / "jobs" / "ad9b5f27"
    assert (folder / "SUCCEEDED_0.json").read_text() == written
    failed = (folder / "FAILED_0.json").read_text()
    assert json.loads(failed if failed.startswith("[") else f"[{failed}]") == [{"Status": "FAILED"}]
    assert json.loads((folder / "manifest.json").read_text()) == {
        "DestinationBucket": "b",
        "MapRunArn": arn,
        "ResultFiles": {
            "FAILED": [{"Key": "jobs/ad9b5f27/FAILED_0.json", "Size": len(failed)}],
            "PENDING": [],
            "SUCCEEDED": [{"Key": "jobs/ad9b5f27/SUCCEEDED_0.json", "Size": len(written)}],
        },
    }


class Client:
    """What is used of a boto3 client for S3."""

    def __init__(self) -> None:
        self.objects = {("b", f"k{n}"): b"[%d]" % n for n in range(3)}

    def get_object(self, Bucket: str, Key: str) -> Any:
        from botocore.exceptions import ClientError

        if (Bucket, Key) not in self.objects:
            raise ClientError(
                {"Error": {"Code": "NoSuchKey", "Message": "The specified key does not exist."}}, "GetObject"
            )
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}

    def list_objects_v2(self, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> Any:
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        at = int(ContinuationToken)
        when = datetime(2026, 1, 1, tzinfo=UTC)
        page = [{"Key": key, "Size": 3, "LastModified": when, "ETag": '"e"'} for key in keys[at : at + 2]]
        return {"Contents": page, "IsTruncated": at + 2 < len(keys), "NextContinuationToken": str(at + 2)}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> Any:
        self.objects[Bucket, Key] = Body


def test_an_endpoint() -> None:
    pytest.importorskip("botocore")
    client = Client()
    store = Buckets(client=client).store
    assert store.open("b", "k1").read() == b"[1]"
    assert [found.key for found in store.list("b", "k")] == ["k0", "k1", "k2"]
    assert store.put("b", "new", [b"a", b"b"]) == 2
    assert client.objects["b", "new"] == b"ab"
    with pytest.raises(BindingError, match="The specified key does not exist"):
        store.open("b", "none")


def test_an_endpoint_is_named_or_there_is_none() -> None:
    pytest.importorskip("boto3")
    store = Buckets(endpoint="http://localhost:1").store
    assert isinstance(store, Endpoint)
    assert store._client.meta.endpoint_url == "http://localhost:1"
    for wrong in ({}, {"directories": "x", "endpoint": "http://y"}, {"endpoint": "amazon"}):
        with pytest.raises(InputError):
            Buckets(**wrong)
    with pytest.raises(InputError):
        Buckets.of(5)  # type: ignore[arg-type]
    assert isinstance(Buckets.of(None), Served)


def copying(**fields: Any) -> dict[str, Any]:
    """A machine that maps over the object k in bucket b."""
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": ROOM}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "End": True}},
    }
    return {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True, **fields}},
    }


def test_a_machine_over_its_buckets(tmp_path: Path) -> None:
    put(tmp_path, "k", "[1, 2]")
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}}
    machine = StateMachine(copying(ResultWriter=writer), name="m", buckets=tmp_path)
    run = machine.run()
    key = run.output["ResultWriterDetails"]["Key"]
    manifest = json.loads((tmp_path / "b" / key).read_text())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    found = json.loads((tmp_path / "b" / file["Key"]).read_text())
    assert [(each["Input"], each["Output"], each["Status"]) for each in found] == [
        ("1", "1", "SUCCEEDED"),
        ("2", "2", "SUCCEEDED"),
    ]
    (wire,) = run.map_runs()
    assert run.describe_map_run(run.output["MapRunArn"]) == wire
    assert wire["itemCounts"]["resultsWritten"] == 2
    with pytest.raises(InputError, match="Map Run does not exist"):
        run.describe_map_run("arn")


def test_buckets_of_one_run_only(tmp_path: Path) -> None:
    put(tmp_path, "k", "[1]")
    machine = StateMachine(copying(), name="m")
    assert machine.run(buckets={"b": tmp_path / "b"}).output == [1]
    assert machine.run().error == "States.ItemReaderFailed"


@pytest.mark.usefixtures("aws")
def test_without_directories_the_embedded_s3_has_the_buckets() -> None:
    run = StateMachine(copying(), name="m").run()
    assert run.error == "States.ItemReaderFailed"
    assert run.cause == "The specified bucket does not exist (get_object in s3://b)"


def test_many_items(tmp_path: Path) -> None:
    put(tmp_path, "k", "".join(f'{{"n": {n}}}\n' for n in range(5_000)))
    definition = copying(ResultPath=None)
    definition["States"]["M"]["ItemReader"]["ReaderConfig"] = {"InputType": "JSONL"}
    run = StateMachine(definition, name="m", buckets=tmp_path).run({"kept": True})
    assert run.output == {"kept": True}
    assert run.map_runs()[0]["executionCounts"]["succeeded"] == 5_000
