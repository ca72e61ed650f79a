"""Bounds on what visitors send, checked before anything is done with it: a pure ASGI layer around the app.

Bytes are counted as they arrive, so a body without a length, or with a wrong one, is cut off too. Login comes later.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import threading
import time
from collections import deque

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imggen.ui.serving.client import address_of, is_local
from imggen.ui.serving.settings import Settings
from imggen.ui.shared.parts import CANNOT_SAVE

logger = logging.getLogger(__name__)

#: Paths that start a job, below any root path.
_JOBS = re.compile(r"/(queue/join|run/[^/]+|api/[^/]+|call/[^/]+|call/v2/[^/]+|mcp|mcp/http)/?$")
_UPLOAD = re.compile(r"/upload/?$")
_LOGIN = re.compile(r"/login/?$")
#: Files of the page itself, which a browser asks for by the hundred and which cost nothing.
_PAGE = re.compile(r"/(assets|static|svelte|theme\.css|favicon\.ico|custom_component)\b")
#: Seconds for which an upload counts; Gradio deletes uploaded files after this long (``delete_cache`` of the page).
UPLOADS_KEPT = 3600.0
#: Seconds for which a wrong password counts.
WRONG_KEPT = 900.0
#: Most seconds that a login from an address that many share waits after wrong passwords.
LONGEST_DELAY = 5.0
#: Seconds for which the rest of a body that is refused is read off: clients forget the answer when the connection ends
#: while they send. Enough for a body three times too large on a machine whose cores are all busy.
READ_OFF = 30.0


class _TooLarge(Exception):
    """A body went over its bound."""


class Bounds:
    """Refuse what goes over the bounds: 413 for a body that is too large, 429 for too much in too short a time.

    Args:
        app: the application behind.
        settings: the bounds.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(settings.requests_per_minute, namespace="requests")
        self._jobs = RateLimitItemPerMinute(settings.jobs_per_minute, namespace="jobs")
        self._uploads = _Ledger(UPLOADS_KEPT)
        self._wrong = _Ledger(WRONG_KEPT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, then hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        client = self._client(scope)
        received = 0
        whole = False  # whether all of the body has been received

        async def noted_receive() -> Message:
            nonlocal received, whole
            message = await receive()
            received += len(message.get("body", b""))
            whole = not message.get("more_body")
            return message

        async def refuse(status: int, sentence: str, wait: float | None = None, plain: bool = False) -> None:
            if not whole:
                await _read_off(receive)
            await _answer(send, status, sentence, wait, plain)

        refusal = self._refusal(client, path, method)
        if refusal is not None:
            await refuse(429, *refusal)
            return
        upload = method == "POST" and bool(_UPLOAD.search(path))
        limit = self._upload_room(client) if upload else self.settings.body_mb * 1e6
        if limit <= 0:
            wait = self._uploads.wait(client if not self._full() else None)
            await refuse(429, "So many files were uploaded that there is no room for more now.", wait, plain=True)
            return
        if method == "POST" and _LOGIN.search(path):
            await asyncio.sleep(self._login_delay(client))
        answered = False

        async def counted_receive() -> Message:
            message = await noted_receive()
            if received > limit:
                raise _TooLarge
            return message

        async def noted_send(message: Message) -> None:
            nonlocal answered
            if received > limit and not answered:
                raise _TooLarge  # the app made an answer of its own out of the exception
            if message["type"] == "http.response.start":
                answered = True
                wrong = method == "POST" and _LOGIN.search(path) and message["status"] in (400, 401)
                if wrong and self._login_delay(client) < LONGEST_DELAY:  # more would change nothing
                    self._wrong.add(client, 1)
            await send(message)

        try:
            if _declared_length(scope) > limit:
                raise _TooLarge
            await self.app(scope, counted_receive, noted_send)
        except OSError as error:
            if answered or not upload:
                raise
            logger.warning("An upload cannot be saved: %s", error)
            await refuse(507, CANNOT_SAVE, plain=True)
        except _TooLarge:
            if not answered:
                what = "This upload" if upload else "This request"
                await refuse(413, f"{what} is larger than the {limit / 1e6:.0f} MB that are accepted.", plain=upload)
        finally:
            if upload:
                self._uploads.add(client, received)

    def _client(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return address_of(peer, headers, self.settings.trusted_proxies)

    def _refusal(self, client: str, path: str, method: str) -> tuple[str, float] | None:
        """Why a request is refused before its body is read, and the seconds until another one is accepted."""
        locked = not is_local(client) and self._wrong.total(client) >= self.settings.wrong_passwords
        if locked and method == "POST" and _LOGIN.search(path):
            return "There were too many wrong passwords.", self._wrong.wait(client)
        if _PAGE.search(path):
            return None
        # All visitors of a share link, or of a proxy that nobody declared, come from this machine's address.
        share = 20 if is_local(client) else 1
        for item in (self._requests, self._jobs) if method == "POST" and _JOBS.search(path) else (self._requests,):
            limit = type(item)(item.amount * share, namespace=item.namespace)
            if not self._limiter.hit(limit, client):
                reset = self._limiter.get_window_stats(limit, client).reset_time
                return "There were too many requests in the last minute.", reset - time.time()
        return None

    def _login_delay(self, client: str) -> float:
        """Seconds that a login waits: from this machine's address come all visitors of a share link, and a lock for one
        who tries passwords would lock out the others.
        """
        over = self._wrong.total(client) - self.settings.wrong_passwords
        return min(LONGEST_DELAY, 0.5 * (1 + over)) if over >= 0 and is_local(client) else 0.0

    def _upload_room(self, client: str) -> float:
        share = float("inf") if is_local(client) else self.settings.uploads_per_client_mb * 1e6
        mine = share - self._uploads.total(client)
        everybody = self.settings.uploads_mb * 1e6 - self._uploads.total()
        # The parts of a form need a little room beside the file itself.
        return min(self.settings.upload_mb * 1.01e6 + 65536, mine, everybody)

    def _full(self) -> bool:
        return self._uploads.total() >= self.settings.uploads_mb * 1e6


class _Ledger:
    """How much each client has used in the last so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._entries: deque[tuple[float, str, float]] = deque()
        self._lock = threading.Lock()

    def add(self, client: str, amount: float) -> None:
        with self._lock:
            self._entries.append((time.monotonic(), client, amount))

    def total(self, client: str | None = None) -> float:
        """What one client, or everybody, has used."""
        with self._lock:
            while self._entries and self._entries[0][0] < time.monotonic() - self.seconds:
                self._entries.popleft()
            return sum(amount for _, other, amount in self._entries if client in (None, other))

    def wait(self, client: str | None) -> float:
        """Seconds until the oldest entry of a client, or of all, no longer counts."""
        with self._lock:
            times = [at for at, other, _ in self._entries if client in (None, other)]
        return max(1.0, min(times, default=0.0) + self.seconds - time.monotonic())


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def _read_off(receive: Receive) -> None:
    """Receive what is still sent, for a while, and forget it."""
    end = time.monotonic() + READ_OFF
    with contextlib.suppress(TimeoutError):
        while (left := end - time.monotonic()) > 0:
            message = await asyncio.wait_for(receive(), left)
            if message["type"] != "http.request" or not message.get("more_body"):
                return
            await asyncio.sleep(0)  # for the others: what has arrived already is received without a pause


async def _answer(send: Send, status: int, sentence: str, wait: float | None = None, plain: bool = False) -> None:
    """Answer with an error message, as JSON; as plain text for uploads, whose answers the page shows as they are."""
    kind = b"text/plain; charset=utf-8" if plain else b"application/json"
    headers = [(b"content-type", kind), (b"connection", b"close")]
    if wait is not None:
        seconds = max(1, round(wait))
        sentence = f"{sentence} Try again in {seconds} seconds."
        headers.append((b"retry-after", str(seconds).encode()))
    body = (sentence if plain else json.dumps({"detail": sentence, "error": sentence})).encode()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
