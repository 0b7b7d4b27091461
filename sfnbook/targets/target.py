"""Target: where a machine may run besides here, and the client for it.

The law is that of the services: never real AWS by accident. Only ``aws`` and ``aws:PROFILE`` reach an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from sfnbook.errors import InputError


@dataclass(frozen=True, slots=True)
class Target:
    """url: of an endpoint, "" for AWS. profile, region: of an account, "" for the default ones."""

    text: str
    url: str = ""
    profile: str = ""
    region: str = ""

    @property
    def real(self) -> bool:
        """Whether this is an AWS account."""
        return not self.url

    def client(self, service: str = "stepfunctions") -> Any:
        """Return a boto3 client. Raises InputError for a profile or region that is missing."""
        from sfnbook.tasks.aws.services import boto_switch

        boto3 = import_module("boto3")
        config = import_module("botocore.config").Config(inject_host_prefix=not self.url, connect_timeout=5)
        try:
            if self.url:
                keys = {"aws_access_key_id": "sfnbook", "aws_secret_access_key": "sfnbook"}
                region = self.region or "us-east-1"
                return boto3.client(service, endpoint_url=self.url, region_name=region, config=config, **keys)
            with boto_switch.outside():
                session = boto3.Session(profile_name=self.profile or None, region_name=self.region or None)
                made = session.client(service, config=config)
        except (import_module("botocore.exceptions").BotoCoreError, ValueError) as fault:
            raise InputError(f"{self.text} cannot be reached: {fault}") from None
        boto_switch.mark(made, "outside")
        return made


def read_target(text: str) -> Target:
    """Return the place that a text names: a URL, ``aws`` or ``aws:PROFILE[@REGION]``. Raises InputError."""
    if text == "aws" or text.startswith("aws:"):
        profile, _, region = text.removeprefix("aws").removeprefix(":").partition("@")
        return Target(text, profile=profile, region=region)
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and parts.hostname:
        return Target(text, url=text.rstrip("/"))
    raise InputError(f"{text!r} is no place to run: give a URL such as http://127.0.0.1:8083, aws, or aws:PROFILE.")


def target_error(fault: Exception, place: Target) -> InputError:
    """Return the error for a target that refuses or does not answer."""
    response = getattr(fault, "response", None)
    if isinstance(response, dict):
        error = response.get("Error", {})
        return InputError(f"{place.text} refuses: {error.get('Code')}: {error.get('Message')}")
    return InputError(f"{place.text} does not answer: {fault}")
