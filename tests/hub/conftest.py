"""The Hub's client in this process, with an empty cache and a Hub on this machine to talk to."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import close_session, constants, file_download
from huggingface_hub.utils import _http as client_http

from imggen.errors import WeightsUnavailable
from tests.hub.downloads import CONTENT, NAME, REPO
from tests.hub.server import Hub, serving


@pytest.fixture
def server(client: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A running server that the Hub client of this process talks to, with an empty cache."""
    with serving() as hub:
        point_client_at(hub.url, monkeypatch)
        yield hub


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Hub client with an empty cache and no login; the path of the cache."""
    cache = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", constants.DOWNLOAD_CHUNK_SIZE)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    close_session()
    yield cache
    close_session()


def point_client_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``url`` the client's HF_ENDPOINT, which it otherwise reads when it is imported."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture
def sha256(server: Hub) -> str:
    """The server holds one file; this is its hash."""
    return server.add(REPO, NAME, CONTENT)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own pauses before it tries again are not what these tests are about."""
    for module in (file_download, client_http):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=time.time, sleep=lambda seconds: None))


@pytest.fixture
def alarm() -> Iterator[None]:
    """A test that hangs fails."""

    def ring(*args: object) -> None:
        pytest.fail("this hung")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@contextmanager
def fails(*words: str) -> Iterator[None]:
    """The block ends with one plain sentence that has these words and gives nothing away."""
    with pytest.raises(WeightsUnavailable) as caught:
        yield
    sentence = str(caught.value)
    assert all(word in sentence for word in words), sentence
    assert not any(secret in sentence for secret in ("http", "127.0.0.1", "/tmp", "Traceback", "\n")), sentence
    assert sentence.endswith((".", "hf auth login")), sentence
