"""What stands in for S3: directories on this machine, an S3 endpoint that was named on purpose, or the embedded S3.

Real AWS is never a default: without a directory, an endpoint or a client, buckets are wherever `endpoints` has S3. Knows
keys and bytes, not what is in them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, Protocol, TypeAlias

from sfnbook.errors import BindingError, InputError
from sfnbook.tasks.aws.services.endpoints import services


class Stored(NamedTuple):
    """An object in a bucket. ``modified`` in seconds since the epoch, UTC; ``etag`` with its quotes, as S3 has it."""

    key: str
    size: int
    modified: float
    etag: str


class Store(Protocol):
    """Somewhere that has buckets. Every method raises BindingError, in S3's words, for what is not there."""

    def open(self, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        """Return an object's bytes to be read and closed."""

    def list(self, bucket: str, prefix: str) -> Iterator[Stored]:
        """Yield the objects whose keys begin with ``prefix``, in the order of their keys."""

    def put(self, bucket: str, key: str, chunks: Iterable[bytes]) -> int:
        """Write an object and return its size in bytes."""


class Directories:
    """Directories as buckets: one for each bucket's name, or one that has a folder for each."""

    def __init__(self, where: Mapping[str, str | Path] | str | Path) -> None:
        if isinstance(where, (str, Path)):
            self._root: Path | None = Path(where)
            self._named: dict[str, Path] = {}
        else:
            self._root = None
            self._named = {str(name): Path(place) for name, place in where.items()}

    def _directory(self, bucket: str) -> Path:
        if self._root is not None:
            if not bucket or bucket in (".", "..") or "/" in bucket or "\\" in bucket:
                raise BindingError(f'"{bucket}" is no name of a bucket.')
            place = self._root / bucket
        else:
            if bucket not in self._named:
                known = ", ".join(self._named) or "none"
                raise BindingError(f"The specified bucket does not exist: {bucket}. Configured here: {known}.")
            place = self._named[bucket]
        if not place.is_dir():
            raise BindingError(f"The specified bucket does not exist: {bucket}. There is no directory {place}.")
        return place

    def _path(self, bucket: str, key: str) -> Path:
        directory = self._directory(bucket)
        pure = PurePosixPath(key)
        if not key or pure.is_absolute() or ".." in pure.parts or "\\" in key or "\0" in key:
            raise BindingError(f'The key "{key}" leads out of the directory that stands in for {bucket}.')
        return directory / pure

    def open(self, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        path = self._path(bucket, key)
        if not path.is_file():
            raise BindingError(f"The specified key does not exist: s3://{bucket}/{key}. There is no file {path}.")
        return path.open("rb")

    def list(self, bucket: str, prefix: str) -> Iterator[Stored]:
        directory = self._directory(bucket)
        files = ((p.relative_to(directory).as_posix(), p) for p in directory.rglob("*") if p.is_file())
        for key, path in sorted((found for found in files if found[0].startswith(prefix)), key=_utf8):
            found = path.stat()
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            yield Stored(key, found.st_size, float(int(found.st_mtime)), f'"{digest}"')

    def put(self, bucket: str, key: str, chunks: Iterable[bytes]) -> int:
        path = self._path(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            return sum(stream.write(chunk) for chunk in chunks)


def _utf8(found: tuple[str, Path]) -> bytes:
    return found[0].encode("utf-8", "surrogateescape")


class Endpoint:
    """Buckets behind a boto3 client for S3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def open(self, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        more = {"VersionId": version} if version else {}
        answer = self._ask("get_object", Bucket=bucket, Key=key, **more)
        return io.BytesIO(answer["Body"].read())

    def list(self, bucket: str, prefix: str) -> Iterator[Stored]:
        more: dict[str, str] = {}
        while True:
            answer = self._ask("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
            for found in answer.get("Contents", ()):
                yield Stored(found["Key"], found["Size"], found["LastModified"].timestamp(), found["ETag"])
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def put(self, bucket: str, key: str, chunks: Iterable[bytes]) -> int:
        body = b"".join(chunks)
        self._ask("put_object", Bucket=bucket, Key=key, Body=body)
        return len(body)

    def _ask(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped,unused-ignore]

        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as fault:
            words = fault.response.get("Error", {}).get("Message") or str(fault)
            raise BindingError(f"{words} ({operation} in s3://{arguments['Bucket']})") from None
        except BotoCoreError as fault:
            raise BindingError(f"{fault} ({operation} in s3://{arguments['Bucket']})") from None


class Served(Endpoint):
    """Buckets wherever S3 answers for this process: the embedded one unless configured otherwise (`endpoints`)."""

    def __init__(self) -> None:
        super().__init__(None)

    def _ask(self, operation: str, **arguments: Any) -> Any:
        self._client = services.client("s3")
        with services.call_context(services.where("s3")):
            return super()._ask(operation, **arguments)


class Buckets:
    """Where a machine's S3 buckets are.

    directories: ``{"bucket": "directory"}``, or one directory with a folder for each bucket. endpoint: the URL of a
    server that speaks S3, reached through boto3 with the given keys (never your own AWS credentials). client: a boto3
    S3 client of your making. Give one of the three. Raises InputError otherwise.
    """

    def __init__(
        self,
        directories: Mapping[str, str | Path] | str | Path | None = None,
        *,
        endpoint: str | None = None,
        access_key: str = "test",
        secret_key: str = "test",
        region: str = "us-east-1",
        client: Any = None,
    ) -> None:
        given = [value for value in (directories, endpoint, client) if value is not None]
        if len(given) != 1:
            raise InputError("Buckets takes one of: directories, endpoint=..., client=...")
        if directories is not None:
            self.store: Store = Directories(directories)
        else:
            self.store = Endpoint(client if client is not None else _client(endpoint, access_key, secret_key, region))

    @staticmethod
    def of(places: Places) -> Store:
        """Return the store that an argument ``buckets`` means; None is `Served`. Raises InputError."""
        if places is None:
            return Served()
        if isinstance(places, Buckets):
            return places.store
        if isinstance(places, (str, Path, Mapping)):
            return Directories(places)
        raise InputError(
            f"buckets must be a directory, a dict of directories by bucket, or Buckets(...), not {places!r}."
        )


Places: TypeAlias = Buckets | Mapping[str, str | Path] | str | Path | None
"""What an argument ``buckets`` may be."""


def _client(endpoint: str | None, access_key: str, secret_key: str, region: str) -> Any:
    try:
        import boto3  # type: ignore[import-untyped,unused-ignore]
        from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise InputError("An S3 endpoint needs boto3: pip install boto3") from None
    if not endpoint or not endpoint.startswith(("http://", "https://")):
        raise InputError(f'endpoint must be a URL such as "http://localhost:4566", not {endpoint!r}.')
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}, connect_timeout=5),
    )
