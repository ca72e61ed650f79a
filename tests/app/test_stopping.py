"""Ctrl-C while a job runs: the process ends in order, and the job's client is told."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from imggen import cli
from tests.app.conftest import ROOT, free_port
from tests.conftest import picture


def test_an_interrupt_during_a_job_ends_the_app_with_0(tiny_models: Path, tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "app.py", "--offline", "--port", str(port), "--models", str(tiny_models)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    picture(2000, 2000).save(tmp_path / "photo.png")
    client = None
    for _ in range(300):
        assert process.poll() is None, (tmp_path / "log").read_text()
        try:
            client = Client(f"http://127.0.0.1:{port}", verbose=False, httpx_kwargs={"timeout": 60})
            break
        except (OSError, httpx.HTTPError):
            time.sleep(0.2)
    assert client is not None
    job = client.submit(image=handle_file(tmp_path / "photo.png"), model="sr-span-x4", api_name="/upscale")
    while job.status().code.name in ("STARTING", "JOINING_QUEUE", "IN_QUEUE"):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, (tmp_path / "log").read_text()
    with pytest.raises((AppError, CancelledError)):  # the latter when the words came too late for a busy machine
        job.result(timeout=60)
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_an_interrupt_ends_the_command_line_with_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("imggen.load", interrupted)
    picture(8, 8).save(tmp_path / "photo.png")
    assert cli.main(["upscale", str(tmp_path / "photo.png"), "-o", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."
