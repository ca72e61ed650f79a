"""Who asks: one name for each visitor, for bounds and for the queue."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from gradio.context import LocalContext


def address_of(peer: str | None, headers: Mapping[str, str], trusted_proxies: int) -> str:
    """The address of a visitor.

    Args:
        peer: address of the other end of the connection.
        headers: of the request, names in lower case.
        trusted_proxies: reverse proxies of ours in front. Each appends the address it sees to X-Forwarded-For; whatever
            stands before these entries was written by the visitor and is not believed.
    """
    forwarded = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if trusted_proxies and len(forwarded) >= trusted_proxies:
        return forwarded[-trusted_proxies]
    return peer or "unknown"


def is_local(address: str) -> bool:
    """Whether an address is this machine's own: that of its user, of a share link's tunnel, or of an untold proxy."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def current_client(trusted_proxies: int) -> str:
    """Whose event Gradio is handling in this thread: the visitor's address, or the session where all come from here."""
    request: Any = LocalContext.request.get(None)
    if request is None:
        return "python"
    address = address_of(request.client.host if request.client else None, request.headers, trusted_proxies)
    return f"session {request.session_hash}" if is_local(address) else address


def current_session() -> str:
    """The session whose event Gradio is handling in this thread; empty where it is none."""
    request: Any = LocalContext.request.get(None)
    return str(getattr(request, "session_hash", None) or "")
