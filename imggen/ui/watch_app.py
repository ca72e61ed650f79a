"""The page of trainings by itself, served beside a training by a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def shown_in_browser(folder: Path) -> Iterator[None]:
    """Show a training in the browser for as long as this lasts; the address is printed.

    Args:
        folder: of the training, which need not be there yet.
    """
    if int(os.environ.get("RANK", "0")) > 0:  # of several processes that train, the first one shows
        yield
        return
    page = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder,), daemon=True)
    page.start()
    try:
        yield
    finally:
        page.terminate()
        page.join()


def _serve(folder: Path) -> None:
    """Serve the page until the training has ended, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C asks the training to stop, which takes a while
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from imggen.store.runs import Runs
    from imggen.ui import runs_page, words
    from imggen.ui.shared.page import LOOK, Page
    from imggen.ui.theme import THEME

    with Page(title="imggen: training") as app:
        runs_page.build(Runs(folder), app.load)
    app.launch(
        theme=THEME, css_paths=[LOOK], i18n=words.for_page(app), footer_links=[], ssr_mode=False,
        enable_monitoring=False, quiet=True, prevent_thread_lock=True,
    )  # fmt: skip
    print(f"\nWatch the training: {app.local_url}", flush=True)  # not at the end of the line of a progress bar
    training = multiprocessing.parent_process()
    assert training is not None
    training.join()
