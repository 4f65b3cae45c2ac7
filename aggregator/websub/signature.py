"""Whether a push was signed by whoever knows our secret (WebSub section 7.1); pure."""

import hmac

_METHODS = ("sha1", "sha256", "sha384", "sha512")


def is_signed(secret: str, header: str, body: bytes) -> bool:
    """Whether `header`, an X-Hub-Signature, is the HMAC of `body`; found out in a time that tells nothing of it."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in _METHODS:
        return False
    right = hmac.digest(secret.encode(), body, method.lower()).hex()
    return hmac.compare_digest(right.encode(), given.strip().lower().encode())
