"""The jobs as tools of a language model: a real MCP client and the app with ``--mcp``."""

from __future__ import annotations

import asyncio
import base64
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image

import app
from imggen.ui.serving import server
from tests.conftest import picture


def with_client(url: str, *calls: tuple[str, dict[str, Any]]) -> tuple[Any, list[Any]]:
    """The tools that the app offers, and its answers to some calls."""

    async def talk() -> tuple[Any, list[Any]]:
        async with (
            streamablehttp_client(f"{url}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return (await session.list_tools()).tools, [await session.call_tool(name, given) for name, given in calls]

    with ThreadPoolExecutor(1) as thread:  # in the tests' own one, Playwright has an event loop
        return thread.submit(asyncio.run, talk()).result()


def test_every_job_is_a_tool_that_says_what_it_takes(app_url: str) -> None:
    tools, _ = with_client(app_url)
    names = {tool.name for tool in tools}
    jobs = {"sample", "sample_class", "interpolate", "translate", "stylize", "upscale", "models"}
    assert names == {*jobs, "set_word", "own_letter"}
    for tool in tools:
        assert tool.description[0].isupper()
        for parameter, about in tool.inputSchema["properties"].items():
            assert about.get("description"), f"{tool.name} does not say what {parameter} is"


def test_a_tool_takes_a_picture_and_gives_one_and_a_mistake_is_a_sentence(app_url: str) -> None:
    file = io.BytesIO()
    picture(20, 12).save(file, "PNG")
    image = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    calls = [("upscale", {"image": image, "model": model}) for model in ("tiny", "tinny")]
    _, (made, refused) = with_client(app_url, *calls)
    pictures = [part for part in made.content if part.type == "image"]
    assert Image.open(io.BytesIO(base64.b64decode(pictures[0].data))).size == (80, 48)
    assert refused.isError
    assert "Did you mean 'tiny'?" in refused.content[0].text


def test_mcp_that_is_not_installed_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    monkeypatch.setattr("sys.argv", ["app.py", "--mcp"])
    assert app.main() == 2
    assert "pip install '.[mcp]'" in capsys.readouterr().err
