"""Bounds on requests, seen from outside, around a small app."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from imggen.errors import InputError
from imggen.ui.serving.bounds import Bounds
from imggen.ui.serving.client import address_of
from imggen.ui.serving.headers import Headers
from imggen.ui.serving.settings import Settings, read_settings


async def echo(request: Request) -> PlainTextResponse:
    try:
        return PlainTextResponse(str(len(await request.body())))
    except Exception:  # as FastAPI does with a body that it cannot read
        return PlainTextResponse("There was an error parsing the body", 400)


async def login(request: Request) -> PlainTextResponse:
    right = (await request.body()) == b"right"
    return PlainTextResponse("", 200 if right else 400)


async def page(request: Request) -> PlainTextResponse:
    html = '<html><head><meta property="og:title" content="Gradio" /><title>x</title></head><body></body></html>'
    return PlainTextResponse(html, media_type="text/html")


def client(address: str = "203.0.113.7", **bounds: float) -> TestClient:
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/gradio_api/queue/join", echo, methods=["POST"]),
            Route("/gradio_api/upload", echo, methods=["POST"]),
            Route("/login", login, methods=["POST"]),
            Route("/assets/{name}", page),
        ]
    )
    settings = Settings(**bounds)  # type: ignore[arg-type]
    return TestClient(Headers(Bounds(app, settings), settings), client=(address, 1234))


def test_a_body_over_the_bound_is_refused_by_its_length() -> None:
    answer = client(body_mb=0.001).post("/gradio_api/queue/join", content=b"x" * 2000)
    assert answer.status_code == 413
    assert "larger than" in answer.json()["detail"]


def test_a_body_without_a_length_is_cut_off_as_it_arrives() -> None:
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 100
            yield b"x" * 100

    answer = client(body_mb=0.001).post("/gradio_api/queue/join", content=chunks())
    assert answer.status_code == 413


def test_a_body_within_the_bound_passes() -> None:
    assert client(body_mb=0.001).post("/gradio_api/queue/join", content=b"x" * 900).text == "900"


def test_too_many_jobs_in_a_minute_are_told_when_to_come_again() -> None:
    visitor = client(jobs_per_minute=3)
    statuses = [visitor.post("/gradio_api/queue/join").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    answer = visitor.post("/gradio_api/queue/join")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert "Try again in" in answer.json()["detail"]


def test_a_refusal_is_read_by_who_still_sends_a_large_body() -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"x" * 1_000_000

    async def visit(url: str) -> list[httpx.Response]:
        # An asynchronous client, as a browser, forgets an answer when the connection is closed while it sends.
        async with httpx.AsyncClient(timeout=60) as visitor:
            # Visitors of this machine's own address may together start twenty times what one visitor may.
            return [await visitor.post(url) for _ in range(20)] + [await visitor.post(url, content=body())]

    bounds = Bounds(PlainTextResponse(""), Settings(jobs_per_minute=1))
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as threads:
        server = uvicorn.Server(uvicorn.Config(bounds, log_level="error"))
        threads.submit(server.run, [listening])
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/gradio_api/queue/join"
            *accepted, refused = threads.submit(asyncio.run, visit(url)).result(120)
        finally:
            server.should_exit = True
    assert {answer.status_code for answer in accepted} == {200}
    assert refused.status_code == 429
    assert "Try again in" in refused.json()["detail"]


def test_files_of_the_page_do_not_count() -> None:
    visitor = client(requests_per_minute=2)
    assert {visitor.get("/assets/index.js").status_code for _ in range(5)} == {200}


def test_uploads_of_one_visitor_leave_room_for_others() -> None:
    app = client(uploads_per_client_mb=0.002)
    assert app.post("/gradio_api/upload", content=b"x" * 1500).status_code == 200
    assert app.post("/gradio_api/upload", content=b"x" * 1500).status_code == 413
    app.post("/gradio_api/upload", content=b"x" * 500)
    assert app.post("/gradio_api/upload", content=b"x").status_code == 429


def test_an_upload_that_the_disk_has_no_room_for_is_told_in_words() -> None:
    async def full_disk(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    answer = TestClient(Bounds(full_disk, Settings())).post("/gradio_api/upload", content=b"x")
    assert answer.status_code == 507
    assert answer.text.startswith("The folder for uploads and results is full")


def test_a_full_disk_quota_refuses_everybody() -> None:
    app = client(address="127.0.0.1", uploads_mb=0.001)
    assert app.post("/gradio_api/upload", content=b"x" * 1000).status_code == 200
    assert app.post("/gradio_api/upload", content=b"x").status_code == 429


def test_wrong_passwords_lock_the_login_for_a_while() -> None:
    visitor = client(wrong_passwords=2)
    assert [visitor.post("/login", content=b"wrong").status_code for _ in range(3)] == [400, 400, 429]
    assert visitor.post("/login", content=b"right").status_code == 429


def test_wrong_passwords_of_one_visitor_of_a_share_link_slow_the_login_and_lock_nobody_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("imggen.ui.serving.bounds.asyncio.sleep", sleep)
    visitor = client("127.0.0.1", wrong_passwords=2)
    assert [visitor.post("/login", content=b"wrong").status_code for _ in range(40)] == [400] * 40
    assert visitor.post("/login", content=b"right").status_code == 200
    assert waited[:4] == [0, 0, 0.5, 1]
    assert waited[-1] == 5


def test_the_page_has_our_preview_and_security_headers() -> None:
    answer = client().get("/")
    assert 'content="Gradio"' not in answer.text
    assert '<meta property="og:title" content="imggen" />' in answer.text
    assert "frame-ancestors 'self' https://huggingface.co" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "198.51.100.1", "10.0.0.1"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_say_of_a_visitor_is_believed(proxies: int, header: str, address: str) -> None:
    assert address_of("10.0.0.1", {"x-forwarded-for": header}, proxies) == address


def test_settings_come_from_the_environment() -> None:
    assert read_settings({"IMGGEN_JOBS": "5", "IMGGEN_BODY_MB": "1.5", "OTHER": "x"}) == Settings(jobs=5, body_mb=1.5)


@pytest.mark.parametrize(("name", "value"), [("IMGGEN_JOBS", "many"), ("IMGGEN_JOBS", "0"), ("IMGGEN_BODY_MB", "-1")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(InputError, match=f"{name}={value}: "):
        read_settings({name: value})


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    text = (Path(__file__).parents[3] / "docs" / "serving.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        row = next(line for line in text.splitlines() if f"`IMGGEN_{name.upper()}` |" in line)
        assert str(field.default) in row
        assert str(field.description) in row
