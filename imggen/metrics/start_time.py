"""How long the app takes from its start to a page that answers."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import httpx
import psutil

from imggen.errors import InputError

#: Seconds between two requests for the page.
TICK = 0.02
#: Seconds after which an app that does not answer is given up.
PATIENCE = 300.0


@dataclass(frozen=True)
class Start:
    """Medians of several starts.

    Attributes:
        wall: seconds from the start of the process to the answer of its page.
        processor: seconds of processor time that the process took until then; others on the machine change it less.
    """

    wall: float
    processor: float


def measure(runs: int) -> Start:
    """Start the app again and again, each time as a new process, until its page answers.

    Files that were read before may come from memory: the first start after a boot takes longer.

    Raises:
        InputError: when it does not start.
    """
    walls, processors = zip(*(_start() for _ in range(runs)), strict=True)
    return Start(statistics.median(walls), statistics.median(processors))


def _start() -> tuple[float, float]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "imggen", "app", "--offline", "--host", "127.0.0.1", "--port", str(port)]
    quiet = subprocess.DEVNULL
    with tempfile.TemporaryDirectory() as folder:  # where the app would keep uploads: it is killed, and leaves it
        began = time.perf_counter()
        app = subprocess.Popen(command, stdout=quiet, stderr=quiet, env={**os.environ, "GRADIO_TEMP_DIR": folder})
        try:
            while app.poll() is None and time.perf_counter() - began < PATIENCE:
                if _answers(port):
                    took = psutil.Process(app.pid).cpu_times()
                    return time.perf_counter() - began, took.user + took.system
                time.sleep(TICK)
        finally:
            app.kill()
            app.wait()
    raise InputError("The app does not start: run `python -m imggen app` to see why.")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE, trust_env=False).is_success
    except httpx.TransportError:  # it does not listen yet
        return False
