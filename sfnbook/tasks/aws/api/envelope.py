"""The envelope: what an optimised integration adds to a service's answer (recorded). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from sfnbook.values import Json


def envelope(headers: Mapping[str, str], request_id: str, status: int = 200) -> dict[str, Json]:
    """Return SdkHttpMetadata and SdkResponseMetadata for an answer with these headers."""
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
