"""Signing requests and checking signatures, in the form of Standard Webhooks."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping

PREFIX = "whsec_"
TOLERANCE = 300
"""Seconds that a request may be old, or new, and still be believed."""


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for.

    Raises:
        ValueError: It says that it is Base64 and is not.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"After {PREFIX} the secret has to be Base64") from None


def sign(secret: str, *, identifier: str, timestamp: int, body: bytes) -> str:
    """Return the signature of one request."""
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def verify(secret: str, *, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Return whether a request was signed with the secret, not long ago.

    Args:
        secret: The same as the sender's.
        headers: The request's, with names in lower case.
        body: The request's, as it came.
        now: Seconds since 1970.
    """
    identifier, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE:
        return False
    expected = sign(secret, identifier=identifier, timestamp=int(timestamp), body=body)
    candidates = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected.encode(), candidate.encode()) for candidate in candidates)
