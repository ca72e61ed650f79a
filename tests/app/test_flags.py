"""The command line of the app."""

from __future__ import annotations

import pytest

import app


def test_defaults_need_no_arguments() -> None:
    options = app.parse([])
    assert options.models == []
    assert not options.share
    assert options.max_pixels == 4 * 1024 * 1024


@pytest.mark.parametrize(
    "arguments", [["--auth", "me"], ["--auth", ":word"], ["--queue-size", "0"], ["--share"], ["--port", "99999"]]
)
def test_wrong_flags_end_with_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        app.parse(arguments)
    assert caught.value.code == 2
    assert "app.py: error: " in capsys.readouterr().err


def test_models_that_do_not_exist_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", "--models", "./nowhere"])
    assert app.main() == 2
    assert (
        capsys.readouterr().err.strip() == "'./nowhere' is neither a checkpoint folder nor a Hub repository owner/name."
    )
