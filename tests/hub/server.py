"""A small Hugging Face Hub on the loopback interface, with switchable faults, for the real client.

It answers as the real one does: small text files come from the Hub itself; for the others it points to a store on
another host and says what they are, in the headers of Git LFS and of Xet.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TEXTS = (".json", ".md", ".txt")


@dataclass
class Hub:
    """What the server holds and how it misbehaves.

    Attributes:
        url: of the Hub.
        store_url: of the store that the Hub points to.
        files: content by (repository, file name).
        commits: newest commit by repository; "main" and the commit itself are its revisions.
        renamed: today's names of repositories by their former ones.
        log: "METHOD path range" of every request to the Hub, and to the store, where the paths begin with "store/".
        status: (status, X-Error-Code) that the Hub answers to everything.
        error_message: X-Error-Message of those answers.
        get_status: statuses of the next downloads, before they succeed.
        hang_ups: so many requests get no answer, only the end of the connection.
        cuts: the next downloads break off after so many bytes.
        flips: so many downloads arrive with their last byte changed.
        surplus: so many bytes the store sends more than the Hub announced.
        chunk, pause: send so many bytes at a time, with so many seconds between.
        plain: leave the Hub's own headers away, as a captive portal does.
        going: downloads stand still after their first piece while this is not set.
    """

    url: str = ""
    store_url: str = ""
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    status: tuple[int, str | None] | None = None
    error_message: str | None = None
    get_status: list[int] = field(default_factory=list)
    hang_ups: int = 0
    cuts: list[int] = field(default_factory=list)
    flips: int = 0
    surplus: int = 0
    chunk: int = 1 << 20
    pause: float = 0.0
    plain: bool = False
    going: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.going.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Every download from the store stands still after its first small piece."""
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

    def downloads(self) -> list[str]:
        """The requests for the contents of files; not those for a file's first byte."""
        wanted = [line for line in self.log if line.startswith(("GET store/", "GET api/resolve-cache/"))]
        return [line for line in wanted if not line.endswith("bytes=0-0")]


class Server(BaseHTTPRequestHandler):
    """What the Hub and the store have in common."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        """Answer a request for something that is there."""

    @property
    def asked_path(self) -> str:
        return unquote(urlsplit(self.path).path).strip("/")

    def note(self) -> None:
        self.hub.log.append(f"{self.command} {self.asked_path} {self.headers.get('Range', '')}".strip())

    def send(
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
            self.stream(body)

    def stream(self, body: bytes) -> None:
        self.wfile.write(body)

    def send_file(self, content: bytes, headers: dict[str, str], with_body: bool) -> None:
        """Send a file, or the part of it that was asked for."""
        hub = self.hub
        asked = self.headers.get("Range")
        whole = not asked or asked == "bytes=0-0"
        if with_body and hub.get_status and asked != "bytes=0-0":
            return self.send(hub.get_status.pop(0))
        if with_body and hub.flips and whole and asked != "bytes=0-0":
            hub.flips -= 1
            content = content[:-1] + bytes([content[-1] ^ 1])
        if not asked:
            return self.send(200, headers=headers, body=content, with_body=with_body)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1 if last else None]
        headers["Content-Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        return self.send(206, headers=headers, body=part, with_body=with_body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Keep the test output quiet."""


class HubServer(Server):
    def do_POST(self) -> None:
        """What publishing asks for: a repository, how each file shall be sent, and the commit with all of them."""
        hub, path = self.hub, urlsplit(self.path).path.strip("/")
        hub.log.append(f"POST {path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if hub.status:
            return self.send(*hub.status)
        if "Authorization" not in self.headers:
            return self.send(401)
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
            repo = path.removeprefix("api/models/").removeprefix("api/spaces/").partition("/commit/")[0]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    hub.add(repo, line["value"]["path"], base64.b64decode(line["value"]["content"]))
            answer = {"success": True, "commitOid": COMMIT, "commitUrl": f"{hub.url}/{repo}/commit/{COMMIT}"}
        return self.send(200, headers={"Content-Type": "application/json"}, body=json.dumps(answer).encode())

    def answer(self, with_body: bool) -> None:
        hub, path = self.hub, self.asked_path
        self.note()
        if hub.hang_ups:
            hub.hang_ups -= 1
            self.close_connection = True
            return None
        if hub.status:
            message = {"X-Error-Message": hub.error_message} if hub.error_message else {}
            return self.send(*hub.status, headers=message)
        for former, today in hub.renamed.items():
            if f"{path}/".startswith((f"{former}/", f"api/models/{former}/")):
                return self.send(307, headers={"Location": "/" + quote(path.replace(former, today, 1))})
        if path.startswith("api/models/"):
            repo, _, revision = path.removeprefix("api/models/").partition("/revision/")
            return self.model_info(repo, revision or "main")
        if "/resolve/" in path:
            repo, _, rest = path.partition("/resolve/")
            revision, _, filename = rest.partition("/")
            return self.file(repo, revision, filename)
        if path.startswith("api/resolve-cache/models/"):
            owner, name, _, filename = path.removeprefix("api/resolve-cache/models/").split("/", 3)
            repo = f"{owner}/{name}"
            content = hub.files[repo, filename]
            etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            headers = {"ETag": f'"{etag}"', "X-Repo-Commit": hub.commits[repo]}
            return self.send_file(content, headers, with_body)
        return self.send(404)

    def model_info(self, repo: str, revision: str) -> None:
        if not self.missing(repo, revision):
            siblings = [{"rfilename": name} for holder, name in self.hub.files if holder == repo]
            info = {"id": repo, "sha": self.hub.commits[repo], "siblings": siblings}
            self.send(200, body=json.dumps(info).encode(), headers={"Content-Type": "application/json"})

    def file(self, repo: str, revision: str, filename: str) -> None:
        hub = self.hub
        if self.missing(repo, revision):
            return None
        if (repo, filename) not in hub.files:
            return self.send(404, "EntryNotFound")
        if hub.plain:
            return self.send(200, body=b"<html>Log in to this network</html>", with_body=self.command == "GET")
        commit = hub.commits[repo]
        if filename.endswith(TEXTS):
            return self.send(307, headers={"Location": f"/api/resolve-cache/models/{repo}/{commit}/{quote(filename)}"})
        content = hub.files[repo, filename]
        sha256 = hashlib.sha256(content).hexdigest()
        headers = {
            "Location": f"{hub.store_url}/store/{sha256}?Signature=abc",
            "X-Repo-Commit": commit,
            "X-Linked-Etag": f'"{sha256}"',
            "X-Linked-Size": str(len(content)),
            "X-Xet-Hash": hashlib.sha256(b"xet" + content).hexdigest(),
            "Link": f'<{hub.url}/api/models/{repo}/xet-read-token/{commit}>; rel="xet-auth"',
        }
        return self.send(302, headers=headers)

    def missing(self, repo: str, revision: str) -> bool:
        if repo not in self.hub.commits:
            self.send(404, "RepoNotFound")
        elif revision not in ("main", self.hub.commits[repo]):
            self.send(404, "RevisionNotFound")
        else:
            return False
        return True


class StoreServer(Server):
    def answer(self, with_body: bool) -> None:
        self.note()
        wanted = self.asked_path.removeprefix("store/")
        if "Authorization" in self.headers or with_body is False:
            return self.send(403)  # the address is signed, for GET, and a token for the Hub must not come here
        for content in self.hub.files.values():
            if hashlib.sha256(content).hexdigest() == wanted:
                content += bytes(self.hub.surplus)
                return self.send_file(content, {"ETag": '"anything"'}, with_body)
        return self.send(404)

    def stream(self, body: bytes) -> None:
        cut = self.hub.cuts.pop(0) if self.hub.cuts and len(body) > 1 else len(body)
        for start in range(0, cut, self.hub.chunk):
            self.wfile.write(body[start : min(start + self.hub.chunk, cut)])
            time.sleep(self.hub.pause)
            if len(body) > 1:
                self.hub.going.wait()
        if cut < len(body):
            self.close_connection = True


@contextmanager
def serving() -> Iterator[Hub]:
    """A running Hub and its store, empty at first."""
    hub = Hub()
    servers = []
    for kind in (HubServer, StoreServer):
        web = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (kind,), {"hub": hub}))
        web.daemon_threads = True
        threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(web)
    hub.url, hub.store_url = (f"http://127.0.0.1:{web.server_port}" for web in servers)
    yield hub
    hub.going.set()
    for web in servers:
        web.shutdown()
        web.server_close()


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def black_hole() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
