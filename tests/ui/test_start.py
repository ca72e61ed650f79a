"""What the app loads before its page answers."""

from __future__ import annotations

import subprocess
import sys

#: Starts the app at a port that is taken: it builds its page, cannot listen, and ends before it loads a model.
START = """
import socket, sys
from imggen.cli.serve import parse, start
with socket.create_server(("127.0.0.1", 0)) as taken:
    code = start(parse(["--offline", "--host", "127.0.0.1", "--port", str(taken.getsockname()[1])]))
import gradio
print(code, gradio.component_meta.create_or_modify_pyi.__module__)
print(*(name for name in sys.argv[1:] if sys.modules.get(name)))
"""
#: What takes long to import, and who needs it: the networks, lit windows, MP4, fonts, and language models.
LATER = ("torch", "scipy", "av", "fontTools", "mcp")


def test_the_page_waits_for_nothing_that_only_jobs_need() -> None:
    command = [sys.executable, "-c", START, "numpy", *LATER]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot listen" in ended.stderr
    assert ended.stdout.split() == ["2", "imggen.ui.quick_gradio", "numpy"]
