"""Where each AWS service answers: embedded in this process, at a URL, or in a real account that was named on purpose.

The law: **never real AWS by accident.** A service is, from the strongest word to the weakest: what `Services.configure`
(``%sfn_services``) says, what an env-file says, ``AWS_ENDPOINT_URL_<SERVICE>``, ``AWS_ENDPOINT_URL``, and otherwise the
embedded one. Only ``aws:PROFILE`` reaches an account; credentials that merely lie around never do.

Knows where a service is and makes its client. Knows no request, no shape, no state machine.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from sfnbook.errors import BindingError, InputError
from sfnbook.language.resource import Resource
from sfnbook.tasks.aws.services import boto_switch, reach

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"

ALIASES: Final = {
    "events": "eventbridge",
    "states": "sfn",
    "stepfunctions": "sfn",
    "elasticmapreduce": "emr",
    "logs": "cloudwatchlogs",
}
"""Other names of services by the SDK's id (small letters and digits): integrations', boto3's, the env-file's."""

_ALL: Final = "all"
_UNSET: Final = ""


def service_id(name: str) -> str:
    """Return the one name a service has here: the SDK's id as ``aws-sdk:`` writes it.

    >>> service_id("events"), service_id("SECRETS_MANAGER"), service_id("emr-containers")
    ('eventbridge', 'secretsmanager', 'emrcontainers')
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return ALIASES.get(plain, plain)


def service_of_action(resource: Resource) -> str:
    """Return the service that an integration's action belongs to; ``bedrock:invokeModel`` is its runtime's."""
    if resource.type == "bedrock" and resource.operation.startswith("invoke"):
        return "bedrockruntime"
    return service_id(resource.type.removeprefix("aws-sdk:"))


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a service. ``url`` of an endpoint; ``profile`` and ``region`` of an account; ``source``: who says so."""

    kind: Literal["embedded", "endpoint", "aws"] = "embedded"
    url: str = ""
    profile: str = ""
    region: str = ""
    source: str = "default"

    def text(self, service: str) -> str:
        """Say it in a few words."""
        match self.kind:
            case "embedded":
                return f"embedded {service} (moto)"
            case "endpoint":
                return f"{service} at {self.url}"
            case "aws":
                return f"{service} in AWS, profile {self.profile}" + (f", {self.region}" if self.region else "")


def read_place(text: str, source: str) -> Where:
    """Return the place that a text names: ``embedded``, a URL, or ``aws:PROFILE[@REGION]``. Raises InputError."""
    if text == "embedded":
        return Where(source=source)
    if text.startswith("aws:"):
        profile, _, region = text.removeprefix("aws:").partition("@")
        if not profile:
            raise InputError("Name the profile that may be used: aws:PROFILE, for example aws:default.")
        return Where("aws", profile=profile, region=region, source=source)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f"{text!r} is no place for a service: give a URL such as http://localhost:8000, embedded, or aws:PROFILE."
        )
    return Where("endpoint", url=text.rstrip("/"), source=source)


class Services:
    """The places of all services in this process, and the clients made for them. One is enough: `services`.

    account, region: those of the embedded services. shared: whether plain boto3 in this process reaches the embedded
    services too (see `sfnbook.tasks.aws.services.boto_switch`). running: whether those have been started. http_tasks: what
    HTTP Tasks may reach (`sfnbook.tasks.aws.services.reach.WORDS`). time_scale, mock_config: the
    env-file's WAIT_TIME_SCALE and SFN_MOCK_CONFIG, None without.
    """

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "AWS_DEFAULT_REGION": "region",
        "AWS_REGION": "region",
        "AWS_ACCOUNT_ID": "account",
        "AWS_ACCESS_KEY_ID": "access_key",
        "AWS_SECRET_ACCESS_KEY": "secret_key",
        "AWS_SESSION_TOKEN": "session_token",
    }

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._chosen: dict[str, Where] = {}
        self._from_file: dict[str, Where] = {}
        self._settings: dict[str, str] = {}
        self._clients: dict[tuple[str, Where, str], Any] = {}
        self._lock = threading.RLock()
        self._exported: set[str] = set()
        self.shared = True
        self.running = False
        self.http_tasks = reach.NOTEBOOK
        self.time_scale: float | None = None
        self.mock_config: str | None = None

    def __call__(self, **places: str) -> Services:
        """Say where services are, as `configure` does, start the embedded ones, and return this table of places.

        The embedded services are not started when everything is somewhere else (``all=...``).
        """
        self.configure(places)
        if self.where("-").kind == "embedded" or "embedded" in places.values():
            self.start()
        return self

    def __repr__(self) -> str:
        rest = self.where("-")
        named = [f"  {where.text(name)} ({where.source})" for name, where in self.named()]
        shared = "" if self.shared else "; plain boto3 goes its own way"
        return "\n".join([*named, f"  {'every other' if named else 'every'} service: {_rest(rest)}{shared}"])

    # ----------------------------------------------------------------------------------------------- what is said
    def configure(self, places: Mapping[str, str]) -> None:
        """Say where services are: ``{"dynamodb": "http://localhost:8000", "s3": "embedded", "all": "aws:test"}``.

        ``all`` is every service that is not named itself; "" takes a word back. Plain boto3 in this process follows to a
        URL (its ``AWS_ENDPOINT_URL_<SERVICE>`` is set), never to an account. Raises InputError; then nothing changes.
        """
        read = {
            _known(name): read_place(text, "%sfn_services") if text != _UNSET else None for name, text in places.items()
        }
        with self._lock:
            for name, where in read.items():
                self._chosen.pop(name, None)
                if where is not None:
                    self._chosen[name] = where
                self._export(name, where)

    def _export(self, name: str, where: Where | None) -> None:
        """Let plain boto3 follow to an endpoint; only what was set here is ever taken back."""
        variable = "AWS_ENDPOINT_URL" if name == _ALL else f"AWS_ENDPOINT_URL_{_variable_id(name)}"
        if where is not None and where.kind == "endpoint" and self._environment is os.environ:
            os.environ[variable] = where.url
            self._exported.add(variable)
        elif variable in self._exported:
            os.environ.pop(variable, None)
            self._exported.discard(variable)

    def read_env_file(self, text: str) -> list[str]:
        """Take over an env-file as Step Functions Local has it and return the names understood.

        ``LAMBDA_ENDPOINT=http://...`` for any service, region, account and keys (used at those endpoints only),
        ``WAIT_TIME_SCALE`` and ``SFN_MOCK_CONFIG``. Raises InputError that names the line.
        """
        places: dict[str, Where] = {}
        settings: dict[str, str] = {}
        scale = mocks = None
        for number, line in enumerate(text.splitlines(), 1):
            name, value = _assignment(line, number)
            if name.endswith("_ENDPOINT"):
                try:
                    places[service_id(name.removesuffix("_ENDPOINT"))] = read_place(value, f"env-file, line {number}")
                except InputError as fault:
                    raise InputError(f"Line {number} of the env-file: {fault}") from None
            elif name in self.SETTINGS:
                settings[self.SETTINGS[name]] = value
            elif name == "WAIT_TIME_SCALE":
                scale = _scale(value, number)
            elif name == "SFN_MOCK_CONFIG":
                mocks = value
        with self._lock:
            self._from_file, self._settings, self.time_scale, self.mock_config = places, settings, scale, mocks
            self._clients.clear()
        return [
            *places,
            *settings,
            *(["time scale"] if scale is not None else []),
            *(["mock configuration"] if mocks else []),
        ]

    def reset(self) -> None:
        """Forget everything that was said."""
        with self._lock:
            for variable in self._exported:
                os.environ.pop(variable, None)
            self._exported.clear()
            self._chosen, self._from_file, self._settings, self.time_scale = {}, {}, {}, None
            self.mock_config = None
            self.http_tasks = reach.NOTEBOOK
            self._clients.clear()

    # ---------------------------------------------------------------------------------------------------- answers
    def where(self, name: str) -> Where:
        """Return the place of a service, by any of its names."""
        service = service_id(name)
        for said in (self._chosen, self._from_file):
            if service in said:
                return said[service]
        if _ALL in self._chosen:
            return self._chosen[_ALL]
        return self._from_environment(service)

    def _from_environment(self, service: str) -> Where:
        environment = self._environment
        if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
            return Where()
        prefix = "AWS_ENDPOINT_URL_"
        for variable, url in environment.items():
            if variable.startswith(prefix) and url and service_id(variable.removeprefix(prefix)) == service:
                return read_place(url, variable)
        url = environment.get("AWS_ENDPOINT_URL", "")
        return read_place(url, "AWS_ENDPOINT_URL") if url else Where()

    def named(self) -> Iterator[tuple[str, Where]]:
        """Yield the services that were configured, with their places."""
        prefix = "AWS_ENDPOINT_URL_"
        variables = (service_id(v.removeprefix(prefix)) for v in self._environment if v.startswith(prefix))
        for name in sorted({*self._chosen, *self._from_file, *variables} - {_ALL}):
            yield name, self.where(name)

    def setting(self, name: str) -> str:
        """Return a setting of the env-file, "" without."""
        return self._settings.get(name, "")

    @property
    def account(self) -> str:
        """The account of the embedded services."""
        return self._settings.get("account", "") or ACCOUNT

    @property
    def own_region(self) -> str:
        """The region that plain boto3 gets where it has none."""
        return self._settings.get("region", "") or REGION

    @property
    def region(self) -> str:
        """The region that plain boto3 would use too: the env-file's, the environment's or the AWS configuration's."""
        given = self._settings.get("region", "") or self._environment.get("AWS_DEFAULT_REGION", "")
        if given:
            return given
        try:
            session = import_module("botocore.session").get_session()
            return str(session.get_config_variable("region") or REGION)
        except Exception:  # an AWS profile that does not exist, an unreadable file: the embedded services need neither
            return REGION

    def client(self, name: str) -> Any:
        """Return a boto3 client of a service at its place. Raises BindingError that says what is missing."""
        service = service_id(name)
        where = self.where(service)
        if where.kind == "embedded":
            self.start()
        with self._lock:
            key = (service, where, self.region)
            client = self._clients.get(key)
            if client is None:
                client = self._clients[key] = self._make(service, where)
        return client

    def configured(self, name: str, where: Where) -> Any:
        """Return a client of a service at a given place, whatever was said about it."""
        return self._make(service_id(name), where)

    def call_context(self, where: Where) -> AbstractContextManager[None]:
        """Return what a call is made in, so that fetching an account's credentials is not taken for a call here."""
        if where.kind != "aws":
            return nullcontext()
        return boto_switch.outside()

    def process_environment(self) -> dict[str, str]:
        """Return the environment of a process that a task starts: this one's, without credentials of AWS.

        With embedded services nothing is to leave for an account, and what runs outside this process cannot be kept
        inside: it gets keys that open nothing, and finds no profile. Where plain boto3 goes its own way (`shared` = False),
        or every other service is at an endpoint or in an account, it gets what there is.
        """
        environment = dict(self._environment)
        if not self.shared or self.where("-").kind != "embedded":
            return environment
        kept = {name: value for name, value in environment.items() if name not in _CREDENTIALS}
        return {**kept, "AWS_DEFAULT_REGION": self.region, **_WITHOUT_CREDENTIALS}

    def guard(self, *, always: bool = False) -> None:
        """Keep plain boto3 inside while functions run (see `boto_switch`); imports neither boto3 nor moto.

        always: from now on, since whatever this process imports belongs to its functions.
        """
        boto_switch.install(self, always=always)

    def start(self) -> None:
        """Start the embedded services, if they are not running."""
        from sfnbook.tasks.aws.services import embedded

        embedded.start(self)
        self.running = True

    def answer(self, request: Any) -> Any:
        """Return the embedded services' answer to a botocore request. Raises BindingError."""
        from sfnbook.tasks.aws.services import embedded

        self.start()
        if re.match(r"https://(sync-)?states(-fips)?\.", str(request.url)):
            import sfnbook  # whose server is above this room, and loads only now

            target, body = request.headers.get("X-Amz-Target", b""), request.body or b"{}"
            name = target.decode() if isinstance(target, bytes) else str(target)
            return embedded.response(request, *sfnbook.step_functions(name, body))
        return embedded.answer(request)

    def prefix(self, name: str) -> str:
        """Return a service's endpoint prefix, as botocore's requests are known by."""
        from sfnbook.tasks.aws.api import model

        return str(model.service(boto_name(name)).metadata["endpointPrefix"])

    def empty(self) -> None:
        """Empty the embedded services: no tables, no queues, no buckets, and ids start again; between two tests, say."""
        from sfnbook.tasks.aws.services import embedded

        self.start()
        embedded.empty()

    def _make(self, service: str, where: Where) -> Any:
        boto_switch.install(self)
        boto3, config = _boto3()
        given = boto_name(service)
        options: dict[str, Any] = {
            "parameter_validation": False,
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        }
        match where.kind:
            case "embedded":
                options |= {"ignore_configured_endpoint_urls": True, "retries": {"max_attempts": 0}}
                with boto_switch.without_unreadable_files():
                    session = boto3.Session("sfnbook", "sfnbook", region_name=self.region)
                    client = session.client(given, config=config(**options))
                from sfnbook.tasks.aws.services import embedded

                embedded.inside(client)
            case "endpoint":
                session = boto3.Session(**self._keys(where.url), region_name=self.region)
                options |= {"retries": {"max_attempts": 1}, "connect_timeout": 5, "s3": {"addressing_style": "path"}}
                client = session.client(given, endpoint_url=where.url, config=config(**options))
            case "aws":
                client = self._account_client(boto3, given, where, config(**options))
        return client

    def _account_client(self, boto3: Any, given: str, where: Where, config: Any) -> Any:
        faults = import_module("botocore.exceptions")
        with boto_switch.outside():
            try:
                session = boto3.Session(profile_name=where.profile, region_name=where.region or None)
                client = session.client(given, config=config)
            except (
                faults.ProfileNotFound,
                faults.NoRegionError,
                faults.PartialCredentialsError,
                faults.ConfigParseError,
            ) as fault:
                raise BindingError(f"{given} is set to aws:{where.profile}, but: {fault}") from None
        boto_switch.mark(client, "outside")
        return client

    def _keys(self, url: str) -> dict[str, str | None]:
        """The keys for an endpoint: the env-file's or the environment's, else the ones emulators take.

        A URL inside AWS was named on purpose: it gets whatever credentials boto3 finds.
        """
        if self._settings.get("access_key"):
            keys = ("access_key", "secret_key", "session_token")
            values = [self._settings.get(key) or None for key in keys]
        elif (urlsplit(url).hostname or "").endswith("amazonaws.com"):
            return {}
        else:
            values = [self._environment.get("AWS_ACCESS_KEY_ID", "test"),
                      self._environment.get("AWS_SECRET_ACCESS_KEY", "test"),
                      self._environment.get("AWS_SESSION_TOKEN")]  # fmt: skip
        return dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), values, strict=True))


_CREDENTIALS: Final = frozenset(
    {
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_BEARER_TOKEN_BEDROCK",
    }
)
"""Variables by which SDKs find credentials (AWS SDKs and Tools Reference Guide), besides those below."""

_WITHOUT_CREDENTIALS: Final[Mapping[str, str]] = {
    "AWS_ACCESS_KEY_ID": "sfnbook",
    "AWS_SECRET_ACCESS_KEY": "sfnbook",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def _rest(where: Where) -> str:
    return {
        "embedded": "embedded (moto, in this process)",
        "endpoint": where.url,
        "aws": f"AWS, profile {where.profile}",
    }[where.kind]


services: Final = Services()
"""The places of this process: environment variables, the embedded services and boto3's hook are its own too."""


def boto_name(service: str) -> str:
    """Return boto3's name of a service. Raises BindingError for one that it does not have."""
    from sfnbook.tasks.aws.api import model

    if service == "eventbridge":
        return "events"
    _boto3()
    name = model.service_names().get(service)
    if name is None:
        raise BindingError(f'boto3 has no service "{service}".{_hint(service, model.service_names())}')
    return name


def _known(name: str) -> str:
    """Return the id of a service by any of its names. Raises InputError for one that does not exist."""
    from sfnbook.tasks.aws.api import model

    if name in (_ALL, "*"):
        return _ALL
    service = service_id(name)
    _boto3()
    known = model.service_names()
    if service in known:
        return service
    for sdk, boto in known.items():
        if boto == name:
            return sdk
    raise InputError(f'There is no service "{name}".{_hint(service, known)}')


def _hint(service: str, known: Mapping[str, str]) -> str:
    import difflib

    near = difflib.get_close_matches(service, [*known, *known.values()], 1)
    return f" Did you mean {near[0]}?" if near else ""


def _variable_id(service: str) -> str:
    """The service as boto3's environment variables spell it: the service id in capitals."""
    from sfnbook.tasks.aws.api import model

    return re.sub(r"[ -]", "_", str(model.service(boto_name(service)).metadata["serviceId"])).upper()


def _boto3() -> tuple[Any, Any]:
    try:
        return import_module("boto3"), import_module("botocore.config").Config
    except ImportError:
        raise BindingError("Service integrations need boto3: pip install boto3") from None


def _assignment(line: str, number: int) -> tuple[str, str]:
    text = line.strip().removeprefix("export ")
    if not text or text.startswith("#"):
        return "", ""
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"Line {number} of the env-file is no NAME=VALUE: {text[:60]}")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return name.strip(), value


def _scale(value: str, number: int) -> float:
    try:
        scale = float(value)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= 1000:
        raise InputError(f"Line {number} of the env-file: WAIT_TIME_SCALE is a number, 0 or more, not {value!r}.")
    return scale
