"""A small Hugging Face Hub on the loopback interface, with switchable faults, for the real client."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import close_session, constants, file_download
from huggingface_hub.utils import _http as client_http

from imggen.errors import WeightsUnavailable

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the server holds and how it misbehaves.

    Attributes:
        files: content by (repository, file name).
        commits: newest commit by repository; "main" and the commit itself are its revisions.
        log: "METHOD path range" of every request.
        status: (status, X-Error-Code) answered to everything.
        get_status: statuses of the next downloads, before they succeed.
        hang_ups: so many requests get no answer, only the end of the connection.
        cuts: the next downloads break off after so many bytes.
        flips: so many downloads arrive with their last byte changed.
        chunk, pause: send so many bytes at a time, with so many seconds between.
        plain: leave the Hub's own headers away, as a captive portal does.
        going: downloads stand still after their first piece while this is not set.
    """

    url: str = ""
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    status: tuple[int, str | None] | None = None
    get_status: list[int] = field(default_factory=list)
    hang_ups: int = 0
    cuts: list[int] = field(default_factory=list)
    flips: int = 0
    chunk: int = 1 << 20
    pause: float = 0.0
    plain: bool = False
    going: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.going.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Every download stands still after its first small piece."""
        before, self.chunk = self.chunk, 1 << 12
        self.going.clear()
        try:
            yield
        finally:
            self.chunk = before
            self.going.set()

    def add(self, repo: str, name: str, content: bytes, commit: str = COMMIT) -> str:
        """Put a file into a repository and return its sha256."""
        self.files[repo, name] = content
        self.commits[repo] = commit
        return hashlib.sha256(content).hexdigest()

    def count(self, method: str) -> int:
        """How many requests for files there were."""
        return sum(line.startswith(method) and "/resolve/" in line for line in self.log)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_POST(self) -> None:
        """What publishing asks for: a repository, how each file shall be sent, and the commit with all of them."""
        hub, path = self.hub, urlsplit(self.path).path.strip("/")
        hub.log.append(f"POST {path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if hub.status:
            return self._send(*hub.status)
        if "Authorization" not in self.headers:
            return self._send(401)
        if path == "api/repos/create":
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}"
            hub.commits[repo] = COMMIT
            answer: dict[str, object] = {"url": f"{hub.url}/{repo}"}
        elif path == "api/validate-yaml":
            answer = {"errors": [], "warnings": []}
        elif "/preupload/" in path:
            names = [file["path"] for file in json.loads(body)["files"]]
            modes = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            answer = {"files": modes}
        else:
            repo = path.removeprefix("api/models/").partition("/commit/")[0]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    hub.add(repo, line["value"]["path"], base64.b64decode(line["value"]["content"]))
            answer = {"success": True, "commitOid": COMMIT, "commitUrl": f"{hub.url}/{repo}/commit/{COMMIT}"}
        self._send(200, headers={"Content-Type": "application/json"}, body=json.dumps(answer).encode())

    def _answer(self, with_body: bool) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path).strip("/")
        hub.log.append(f"{self.command} {path} {self.headers.get('Range', '')}".strip())
        if hub.hang_ups:
            hub.hang_ups -= 1
            self.close_connection = True
            return None
        if hub.status:
            return self._send(*hub.status)
        if path.startswith("api/models/"):
            repo, _, revision = path.removeprefix("api/models/").partition("/revision/")
            return self._model_info(repo, revision or "main")
        if "/resolve/" not in path:
            return self._send(404)
        repo, _, rest = path.partition("/resolve/")
        revision, _, filename = rest.partition("/")
        self._file(repo, revision, filename, with_body)

    def _model_info(self, repo: str, revision: str) -> None:
        if not self._missing(repo, revision):
            siblings = [{"rfilename": name} for holder, name in self.hub.files if holder == repo]
            info = {"id": repo, "sha": self.hub.commits[repo], "siblings": siblings}
            self._send(200, body=json.dumps(info).encode(), headers={"Content-Type": "application/json"})

    def _file(self, repo: str, revision: str, filename: str, with_body: bool) -> None:
        hub = self.hub
        if self._missing(repo, revision):
            return
        if (repo, filename) not in hub.files:
            return self._send(404, "EntryNotFound")
        if with_body and hub.get_status:
            return self._send(hub.get_status.pop(0))
        content = hub.files[repo, filename]
        etag = hashlib.sha256(content).hexdigest()
        headers = {} if hub.plain else {"ETag": f'"{etag}"', "X-Repo-Commit": hub.commits[repo]}
        if with_body and hub.flips:
            hub.flips -= 1
            content = content[:-1] + bytes([content[-1] ^ 1])
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if start else 200, headers=headers, body=content[start:], with_body=with_body)

    def _missing(self, repo: str, revision: str) -> bool:
        if repo not in self.hub.commits:
            self._send(404, "RepoNotFound")
        elif revision not in ("main", self.hub.commits[repo]):
            self._send(404, "RevisionNotFound")
        else:
            return False
        return True

    def _send(
        self,
        status: int,
        error: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        with_body: bool = True,
    ) -> None:
        self.send_response(status)
        extra = {"X-Error-Code": error} if error else {}
        for name, value in {"Accept-Ranges": "bytes", **extra, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body and body:
            self._stream(body)

    def _stream(self, body: bytes) -> None:
        cut = self.hub.cuts.pop(0) if self.hub.cuts and "api/" not in self.path else len(body)
        for start in range(0, cut, self.hub.chunk):
            self.wfile.write(body[start : min(start + self.hub.chunk, cut)])
            time.sleep(self.hub.pause)
            if "/resolve/" in self.path and self.path.endswith((".safetensors", ".bin")):
                self.hub.going.wait()
        if cut < len(body):
            self.close_connection = True

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Keep the test output quiet."""


@contextmanager
def serving() -> Iterator[Hub]:
    """A running server, empty at first."""
    hub = Hub()
    web = ThreadingHTTPServer(("127.0.0.1", 0), type("HubHandler", (Handler,), {"hub": hub}))
    web.daemon_threads = True
    hub.url = f"http://127.0.0.1:{web.server_port}"
    threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
    yield hub
    web.shutdown()
    web.server_close()


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
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1 << 14)
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


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
