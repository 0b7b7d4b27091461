"""What plain boto3 in this process may reach: the embedded services, not AWS.

botocore hands every finished HTTP request to ``Endpoint._send``; the switch stands there. A request to an AWS host (of any
partition that botocore knows) is answered by the embedded services instead of the network

- while a function of a machine may run (`sfnbook.runtime.capture.active`), from the first call of the first run on, and
- at any time once the embedded services have been started (`sfnbook.services()`, ``%sfn_services``, a task that meets them).

That covers clients made earlier, at a module's import, also those made without credentials or region: requests that stay
are signed with keys that open nothing, credentials are never looked for on the network, and a missing region is the
embedded services'. Passing through: requests to hosts that are not AWS's, and clients made for a named ``aws:PROFILE``.
A service that was said to be elsewhere is not answered here in silence: plain boto3 gets a BindingError that says so.
`Services.shared` = False gives plain boto3 back to the network.

botocore itself is not imported here: the switch is put in place when it is, by whomever.
"""

from __future__ import annotations

import copy
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from sfnbook.errors import BindingError
from sfnbook.runtime import capture

if TYPE_CHECKING:
    from sfnbook.tasks.aws.services.endpoints import Services

_MARK: Final = "_sfnbook_place"
_outside: ContextVar[bool] = ContextVar("sfnbook_outside", default=False)
_unreadable: ContextVar[bool] = ContextVar("sfnbook_unreadable", default=False)
_lock: Final = threading.RLock()
_services: Services | None = None
_always = _apart = False
_originals: Final[list[tuple[type | ModuleType, str, Any]]] = []

ALSO: Final = ("on.aws", "signin.aws", "signin.aws.amazon.com", "amazonaws.cn", "amazonaws-us-gov.com",
               "amazonaws-eusc.eu", "c2shome.ic.gov", "sc2shome.sgov.gov", "csphome.hci.ic.gov", "csphome.adc-e.uk")  # fmt: skip
"""Domains of AWS's that stand in single services' endpoint rules and in no partition."""

ALLOWED: Final = "Plain boto3 may go there after %sfn_services --unshared (sfnbook.services.shared = False)."


# ------------------------------------------------------------------------------------------------- putting it in place
def install(services: Services, *, always: bool = False, apart: bool = False) -> None:
    """Put the switch in place, now or as soon as botocore is imported. Once is enough; again costs nothing.

    always: nothing in this process is anything but a function of machines, from its import on (the command line's).
    apart: this is a process without embedded services (a process pool's), where a request that would stay is refused.
    """
    global _services, _always, _apart
    if _services is services and not always:
        return
    with _lock:
        _services, _always, _apart = services, always, apart
        for module, patch in _PATCHES.items():
            if module in sys.modules:
                patch(sys.modules[module])
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)


def after_import(name: str, patch: Callable[[ModuleType], None]) -> None:
    """Have a module changed once it has been imported, now if it has been."""
    with _lock:
        _PATCHES[name] = patch
        if name in sys.modules:
            patch(sys.modules[name])


def remove() -> None:
    """Take the switch out: botocore is as it was."""
    global _services, _always
    with _lock:
        _services, _always = None, False
        while _originals:
            owner, name, original = _originals.pop()
            setattr(owner, name, original)
        if _FINDER in sys.meta_path:
            sys.meta_path.remove(_FINDER)


class _Finder(MetaPathFinder):
    """Lets the modules that are patched be found as ever, and patches them once they have been executed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _PATCHES:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                if spec.loader is not None:
                    spec.loader = _Patching(spec.loader)
                return spec
        return None


class _Patching(Loader):
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        with _lock:
            if _services is not None:
                _PATCHES[module.__name__](module)


_FINDER: Final = _Finder()


def _in_child() -> None:
    """A forked process has a copy of the embedded services, in which whatever is written would be lost."""
    global _apart
    _apart = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def _replace(owner: type | ModuleType, name: str, wrap: Callable[[Any], Any]) -> None:
    original = getattr(owner, name)
    if (owner, name) not in ((o, n) for o, n, _ in _originals):
        _originals.append((owner, name, original))
        setattr(owner, name, wrap(original))


# --------------------------------------------------------------------------------------------------- who stays inside
@contextmanager
def outside() -> Iterator[None]:
    """Let everything inside reach the network: fetching the credentials of a named profile asks STS or SSO."""
    token = _outside.set(True)
    try:
        yield
    finally:
        _outside.reset(token)


@contextmanager
def without_unreadable_files() -> Iterator[None]:
    """Take AWS configuration files that cannot be read for absent ones: what is made inside needs none."""
    token = _unreadable.set(True)
    try:
        yield
    finally:
        _unreadable.reset(token)


def mark(client: Any, place: Literal["inside", "outside"]) -> None:
    """Say of a client that its requests stay here, or go out, whatever holds for plain boto3."""
    setattr(client._endpoint, _MARK, place)
    setattr(client._request_signer, _MARK, place)


def _kept() -> bool:
    """Whether plain boto3 stays inside at this moment."""
    services = _services
    if services is None or not services.shared or _outside.get():
        return False
    return _always or services.running or capture.active()


def _stays(subject: Any, url: str) -> bool:
    """Whether a request of an endpoint, or of its signer, stays here."""
    place = getattr(subject, _MARK, "")
    return place == "inside" or (place != "outside" and _kept() and is_aws(url))


def is_aws(url: str) -> bool:
    """Return whether a URL leads to AWS: a host in a domain of any partition.

    >>> is_aws("https://sqs.eusc-de-east-1.amazonaws.eu/"), is_aws("http://localhost:4566/sqs.amazonaws.com")
    (True, False)
    """
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return any(host == domain or host.endswith(f".{domain}") for domain in domains())


_domains: list[str] = []


def domains() -> list[str]:
    """Return the domains of AWS's partitions, as botocore's own data name them."""
    if not _domains:
        found = {str(suffix) for suffix in ALSO}
        for partition in import_module("botocore.loaders").Loader().load_data("partitions")["partitions"]:
            outputs = partition["outputs"]
            found |= {outputs[key] for key in ("dnsSuffix", "dualStackDnsSuffix") if outputs.get(key)}
        _domains.extend(sorted(found))
    return _domains


# ------------------------------------------------------------------------------------------------------------- patches
def _patch_endpoint(module: ModuleType) -> None:
    def wrap(original: Any) -> Any:
        def send(self: Any, request: Any) -> Any:
            return _answered(self, request) if _stays(self, str(request.url)) else original(self, request)

        return send

    _replace(module.Endpoint, "_send", wrap)


def _answered(endpoint: Any, request: Any) -> Any:
    """Return the embedded services' answer to a request. Raises BindingError where there is none."""
    services = _services
    assert services is not None
    if getattr(endpoint, _MARK, "") != "inside":
        if _apart:
            raise BindingError(f"{_named(endpoint)}: the embedded services are in another process. {_ELSEWHERE}")
        said = _said_elsewhere(services, endpoint)
        if said:
            raise BindingError(said)
    return services.answer(request)


_ELSEWHERE: Final = (
    "A function that uses boto3 runs on threads, or with AWS_ENDPOINT_URL set in the pool's processes. " + ALLOWED
)


def _named(endpoint: Any) -> str:
    return f"boto3's {endpoint._endpoint_prefix} would leave for AWS"


def _said_elsewhere(services: Services, endpoint: Any) -> str:
    """Return why a service that was said to be elsewhere is not answered here, "" for one that is."""
    prefix = endpoint._endpoint_prefix
    where = next((at for name, at in services.named() if services.prefix(name) == prefix), services.where("-"))
    match where.kind:
        case "endpoint":
            made = "this client was made before, or names AWS as its endpoint. Make it again in the function"
            return f"{_named(endpoint)}, but it is set to {where.url}: {made}. {ALLOWED}"
        case "aws":
            use = f'sfnbook.services.client("{prefix}") is the client of that profile'
            return f"{_named(endpoint)} without the profile that is named for it, {where.profile}: {use}. {ALLOWED}"
    return ""


def _patch_aio(module: ModuleType) -> None:
    def wrap(original: Any) -> Any:
        async def send(self: Any, request: Any) -> Any:
            if _stays(self, str(request.url)):
                raise BindingError(
                    f"{_named(self)}: the embedded services answer boto3, not aiobotocore. Use boto3 here, or give the "
                    f"client an endpoint_url. {ALLOWED}"
                )
            return await original(self, request)

        return send

    _replace(module.AioEndpoint, "_send", wrap)


def _patch_signer(module: ModuleType) -> None:
    def wrap(original: Any) -> Any:
        def sign(self: Any, operation_name: str, request: Any, *more: Any, **options: Any) -> None:
            signer = self
            if getattr(self, _MARK, "") != "inside" and _stays(self, str(request.url)):
                signer = copy.copy(self)
                signer._credentials = _keys()
            original(signer, operation_name, request, *more, **options)

        return sign

    _replace(module.RequestSigner, "sign", wrap)


_LOCAL: Final = ("env", "shared-credentials-file", "config-file")
"""Where credentials are found without asking anybody: botocore's names of the providers."""


def _patch_credentials(module: ModuleType) -> None:
    def wrap(original: Any) -> Any:
        def load_credentials(self: Any) -> Any:
            if not _kept():
                return original(self)
            for provider in self.providers:
                if provider.METHOD in _LOCAL and (found := provider.load()) is not None:
                    return found
            return _keys()

        return load_credentials

    _replace(module.CredentialResolver, "load_credentials", wrap)


def _keys() -> Any:
    """Keys that open nothing, should a request ever go elsewhere."""
    return import_module("botocore.credentials").Credentials("sfnbook", "sfnbook", method="sfnbook")


def _patch_session(module: ModuleType) -> None:
    def wrap(original: Any) -> Any:
        def get_config_variable(self: Any, logical_name: str, *more: Any) -> Any:
            found = original(self, logical_name, *more)
            if found is None and logical_name == "region" and _services is not None and _services.shared:
                return _services.own_region
            return found

        return get_config_variable

    def wrap_scoped(original: Any) -> Any:
        def get_scoped_config(self: Any) -> Any:
            try:
                return original(self)
            except import_module(
                "botocore.exceptions"
            ).ProfileNotFound:  # of AWS_PROFILE: what is answered here needs none
                if "profile" in self.instance_variables():  # a profile that was asked for
                    raise
                return {}

        return get_scoped_config

    _replace(module.Session, "get_config_variable", wrap)
    _replace(module.Session, "get_scoped_config", wrap_scoped)


def _patch_configuration(module: ModuleType) -> None:
    def wrap(original: Any) -> Any:
        def raw_config_parse(config_filename: Any, *more: Any, **options: Any) -> Any:
            faults = import_module("botocore.exceptions")
            try:
                return original(config_filename, *more, **options)
            except faults.ConfigParseError:
                if _unreadable.get() or _kept():
                    raise faults.ConfigNotFound(path=config_filename) from None
                raise

        return raw_config_parse

    _replace(module, "raw_config_parse", wrap)


_PATCHES: Final[dict[str, Callable[[ModuleType], None]]] = {
    "botocore.endpoint": _patch_endpoint,
    "botocore.signers": _patch_signer,
    "botocore.credentials": _patch_credentials,
    "botocore.session": _patch_session,
    "botocore.configloader": _patch_configuration,
    "aiobotocore.endpoint": _patch_aio,
}
