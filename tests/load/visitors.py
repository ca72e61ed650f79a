"""Visitors of a public app, good and bad, as asynchronous HTTP clients with an address each."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

#: What a page says while its job waits.
WAITING = re.compile(r"Waiting for another job to finish: \d+ jobs? before yours, about (\d+) s")
#: Seconds after which an answer counts as none.
PATIENCE = 120.0
#: Values that no endpoint should take without a look.
ODD = [
    None, True, -1, 1e308, float("nan"), 10**30, "", "x" * 5000, "../../etc/passwd", "\ud800", "<b>", [], [[]], {},
    {"path": 5}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, {"url": "http://127.0.0.1:1/x.png"},
    {"url": "data:image/png;base64,????"}, {"a": {"b": [None] * 50}}, "nothing", 2**40, -0.5, "NaN", [1, "2", None],
]  # fmt: skip


@dataclass
class Notes:
    """What happened.

    Attributes:
        answers: how many requests of each kind of visitor were answered with a result, in words, or with neither.
        sentences: the answers in words, and how often each came.
        wordless: examples of answers that were neither.
        seconds: of jobs that were answered with a result, by kind of visitor.
        pictures: what was asked for, and the file that came.
        estimates: seconds that a page said its job would wait, and seconds that it did.
        overtaken: for each job of a stranger, how many films were finished while it was in.
        memory: of the app, in MB, every half second.
        settled: memory some seconds after each wave, in MB.
        inside: jobs that wait, load or run, every half second.
    """

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)
    wordless: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    pictures: list[tuple[str, int, bytes]] = field(default_factory=list)
    estimates: list[tuple[float, float]] = field(default_factory=list)
    overtaken: list[int] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)

    def count(self, who: str, ended: str, detail: object = "") -> None:
        """Note how a request ended: with a "result", in "words", or "silent"."""
        self.answers[who, ended] += 1
        if ended == "silent":
            self.wordless.append(f"{who}: {detail!r:.300}")

    def failed(self, who: str, error: object) -> None:
        """Note an answer that is no result: a sentence of several words without code in it, or not."""
        told = isinstance(error, str) and len(error.split()) > 2 and not re.search(r"Traceback|Error\(|\.py\b", error)
        self.sentences[f"{who}: {error}"] += told
        self.count(who, "words" if told else "silent", error)


class Visitor:
    """Somebody with an address.

    Args:
        url: of the app.
        address: what the proxy in front says it is.
        who: the kind of visitor.
        notes: takes down what happens.
    """

    def __init__(self, url: str, address: str, who: str, notes: Notes) -> None:
        self.who = who
        self.notes = notes
        self.session = f"{who}-{address}"
        self.http = httpx.AsyncClient(
            base_url=f"{url}/gradio_api", headers={"X-Forwarded-For": address}, timeout=PATIENCE
        )

    async def upload(self, png: bytes) -> dict[str, Any]:
        """Upload a picture; what to give for it as an argument."""
        answer = await self.http.post("/upload", files={"files": ("photo.png", png)})
        return {"path": answer.raise_for_status().json()[0], "meta": {"_type": "gradio.FileData"}}

    async def call(self, endpoint: str, data: list[Any]) -> Any:
        """Call a named endpoint; its outputs, or None after an answer in words, or in none."""
        began = time.monotonic()
        try:
            body = json.dumps({"data": data})
            headers = {"Content-Type": "application/json"}
            answer = await self.http.post(f"/call/{endpoint}", content=body, headers=headers)
            if answer.status_code != 200:
                self.notes.failed(self.who, _sentence(answer))
                return None
            kind = ""
            async with self.http.stream("GET", f"/call/{endpoint}/{answer.json()['event_id']}") as events:
                async for line in events.aiter_lines():
                    name, _, content = line.partition(": ")
                    if name == "event":
                        kind = content
                    elif name == "data" and kind == "error":
                        self.notes.failed(self.who, (json.loads(content) or {}).get("error"))
                        return None
                    elif name == "data" and kind == "complete":
                        self.notes.count(self.who, "result")
                        self.notes.seconds[self.who].append(time.monotonic() - began)
                        return json.loads(content)
            self.notes.count(self.who, "silent", "the stream ended")
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self.notes.count(self.who, "silent", error)
        return None

    async def press(self, config: dict[str, Any], button: str, given: dict[str, Any]) -> None:
        """Press a button of the page, with values for some inputs by their element ids, and watch the status line."""
        props = {part["id"]: part["props"] for part in config["components"]}
        target = next(number for number, of in props.items() if of.get("elem_id") == button)
        event = next(each for each in config["dependencies"] if [target, "click"] in each["targets"])
        inputs = [props[number] for number in event["inputs"]]
        data = [given.get(str(each.get("elem_id")), each.get("value")) for each in inputs]
        body = {"data": data, "fn_index": event["id"], "session_hash": self.session}
        try:
            answer = await self.http.post("/queue/join", json=body)
            if answer.status_code != 200:
                self.notes.failed(self.who, _sentence(answer))
                return
            said: list[tuple[float, float]] = []
            async for message in self._messages():
                if waiting := WAITING.search(json.dumps(message)):
                    said.append((time.monotonic(), float(waiting[1])))
                elif said:  # the work has begun
                    self.notes.estimates += [(seconds, time.monotonic() - at) for at, seconds in said]
                    said = []
                if message["msg"] == "process_completed":
                    if message["success"]:
                        self.notes.count(self.who, "result")
                    else:
                        self.notes.failed(self.who, message["output"].get("error"))
                    return
            self.notes.count(self.who, "silent", "the stream ended")
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self.notes.count(self.who, "silent", error)

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        async with self.http.stream("GET", "/queue/data", params={"session_hash": self.session}) as events:
            async for line in events.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    async def send_too_much(self, megabytes: int) -> None:
        """Send a body without a length to where jobs are started."""

        async def body() -> AsyncIterator[bytes]:
            yield b'{"data": ["'
            for _ in range(megabytes):
                yield b"x" * 1_000_000
            yield b'"]}'

        try:
            answer = await self.http.post("/queue/join", content=body(), headers={"Content-Type": "application/json"})
            self.notes.failed(self.who, _sentence(answer))
        except httpx.WriteError:
            self.notes.count(self.who, "words")  # it was cut off before it was sent: the answer is lost on the way
        except httpx.HTTPError as error:
            self.notes.count(self.who, "silent", error)


def _sentence(answer: httpx.Response) -> object:
    try:
        content = answer.json()
    except ValueError:
        return answer.text
    detail = content.get("detail") if isinstance(content, dict) else None
    return detail if isinstance(detail, str) else (detail or [{}])[0].get("msg")


def odd_arguments(dice: random.Random) -> list[Any]:
    """Up to eight arguments that make no sense."""
    return [dice.choice(ODD) for _ in range(dice.randrange(9))]


async def watch(url: str, notes: Notes) -> None:
    """Take down the memory of the app and the jobs inside, until cancelled."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
        while True:
            figures = (await http.get("/metrics")).text
            notes.memory.append(_figure(figures, "process_resident_memory_bytes") / 1e6)
            notes.inside.append(int(_figure(figures, "imggen_jobs_inside")))
            await asyncio.sleep(0.5)


def _figure(figures: str, name: str) -> float:
    found = re.search(rf"^{name} (\S+)", figures, re.MULTILINE)
    assert found is not None
    return float(found[1])
