"""Encryption configurations of machines and activities: kept and told, nothing here is encrypted with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfnbook.server.api.wire import ApiError

OWNED_KEY: Final = {"type": "AWS_OWNED_KEY"}
"""What AWS tells where none was given (recorded since July 2024)."""


def encryption(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the configuration with its default. Raises ApiError (InvalidEncryptionConfiguration: API reference)."""
    if given is None:
        return dict(OWNED_KEY)
    if given["type"] == "CUSTOMER_MANAGED_KMS_KEY" and "kmsKeyId" not in given:
        raise ApiError(
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: 'kmsKeyId is required for CUSTOMER_MANAGED_KMS_KEY'",
        )
    return dict(given)
