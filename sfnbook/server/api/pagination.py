"""Pages of lists: what of a list is answered at once, and the opaque token that continues it.

A token holds where to go on and which request it belongs to; it is signed, so that only our own are taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from sfnbook.server.api.wire import ApiError

T = TypeVar("T")

_DEFAULT: Final = 100
_BOUND: Final = frozenset({"nextToken", "maxResults"})


class Pages:
    """Makes and reads tokens. key: the secret they are signed with; kept in the store so that tokens outlive a restart."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    @staticmethod
    def new_key() -> str:
        """Return a new secret."""
        return secrets.token_hex(16)

    def limit(self, request: dict[str, Any]) -> int:
        """Return how many entries a page has."""
        return int(request.get("maxResults") or _DEFAULT)

    def place(self, request: dict[str, Any]) -> int | None:
        """Return where a request wants to go on, None at the beginning. Raises ApiError (InvalidToken)."""
        token = request.get("nextToken")
        if token is None:
            return None
        try:
            signature, place, owner = json.loads(base64.urlsafe_b64decode(token.encode("ascii", "replace")))
        except (ValueError, TypeError, binascii.Error):
            raise _refused() from None
        if type(place) is not int or not hmac.compare_digest(str(signature), self._sign(place, str(owner))):
            raise _refused()
        if owner != _owner(request):
            raise _refused()
        return place

    def token(self, request: dict[str, Any], place: int) -> str:
        """Return the token that lets the same request go on at a place."""
        owner = _owner(request)
        return base64.urlsafe_b64encode(json.dumps([self._sign(place, owner), place, owner]).encode()).decode()

    def cut(self, request: dict[str, Any], entries: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
        """Return a page of a list, and the members ``{"nextToken": ...}`` of its answer when there is more."""
        start = self.place(request) or 0
        end = start + self.limit(request)
        return entries[start:end], {"nextToken": self.token(request, end)} if end < len(entries) else {}

    def _sign(self, place: int, owner: str) -> str:
        return hmac.new(self._key, f"{place}/{owner}".encode(), hashlib.sha256).hexdigest()[:24]


def _owner(request: dict[str, Any]) -> str:
    """What a token belongs to: the request without the members that may differ from page to page."""
    rest = {key: value for key, value in request.items() if key not in _BOUND}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:16]


def _refused() -> ApiError:
    return ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
