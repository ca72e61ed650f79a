"""Security headers, and what a shared link shows as its preview."""

from __future__ import annotations

import html
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imggen.ui.serving.settings import Settings

TITLE = "imggen"
DESCRIPTION = "Paint, relight, enlarge and invent pictures. Runs here: your photo goes to no other service."
#: Where the picture of the preview is served; see :mod:`imggen.ui.serving.monitoring` for the other paths of ours.
PICTURE_PATH = "/preview.png"
_OLD = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*', re.IGNORECASE)


class Headers:
    """Add security headers to every answer, and our own preview to the page.

    Args:
        app: the application behind.
        settings: says which pages may show the app in a frame.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.policy = f"frame-ancestors {settings.frame_ancestors}; object-src 'none'; base-uri 'self'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, and complete its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        parts: list[bytes] = []

        async def completed_send(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = self.policy
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "strict-origin-when-cross-origin"
                is_page = scope["path"] == "/" and (headers.get("content-type") or "").startswith("text/html")
                if is_page and message["status"] == 200 and "content-encoding" not in headers:
                    start = message
                    return
            if start is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = with_preview(b"".join(parts).decode(), _origin(scope)).encode()
            MutableHeaders(scope=start)["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})
            start = None

        await self.app(scope, receive, completed_send)


def with_preview(page: str, origin: str) -> str:
    """The page with our title, description and picture in place of all previews it had."""
    tags = {
        "og:type": "website",
        "og:title": TITLE,
        "og:description": DESCRIPTION,
        "og:url": f"{origin}/",
        "og:image": origin + PICTURE_PATH,
        "twitter:card": "summary_large_image",
    }
    ours = "".join(f'<meta property="{name}" content="{html.escape(value)}" />' for name, value in tags.items())
    return _OLD.sub("", page).replace("<head>", f"<head>{ours}", 1)


def _origin(scope: Scope) -> str:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"x-forwarded-host") or headers.get(b"host") or "localhost"
    scheme = headers.get(b"x-forwarded-proto") or str(scope.get("scheme", "http"))
    return f"{scheme.partition(',')[0]}://{host}"
