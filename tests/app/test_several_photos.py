"""Several photos at once, as files and in a ZIP, from the page."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from imggen.errors import InputError
from imggen.imaging.batch import unpack_archives
from imggen.imaging.decode import open_image
from tests.conftest import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture(40, 32).save(folder / "castle.jpg")
    picture(48, 24).save(folder / "harbour.png")
    (folder / "damaged.jpg").write_bytes(b"no picture")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for number in range(2):
            archive.write(folder / "castle.jpg", f"trip {number}/castle.jpg")
        archive.writestr("__MACOSX/castle.jpg", "of another system")
        archive.writestr("notes.txt", "no photo")
        archive.writestr("torn.png", b"a photo whose bytes change below")
    more = tmp_path / "more.zip"
    more.write_bytes(more.read_bytes().replace(b"a photo whose", b"A photo whose"))
    return folder


@pytest.mark.browser
def test_photos_and_a_zip_come_back_as_one_zip(page: Page, photos: Path, tmp_path: Path) -> None:
    page.get_by_role("tab", name="Day and night", exact=True).click()
    page.get_by_role("button", name="Several photos at once").and_(page.locator("#dn-several button")).click()
    files = [*sorted(photos.iterdir()), tmp_path / "more.zip"]
    page.locator("#dn-several-photos input[type=file]").set_input_files(files)
    expect(page.locator("#dn-several-photos")).to_contain_text("more")
    page.locator("#dn-format input").click()
    page.get_by_role("option", name="WebP", exact=True).click()
    page.locator("#dn-several-start").click()
    status = page.locator("#dn-several-status")
    expect(status).to_contain_text("4 of 6 photos are done.")
    expect(status).to_contain_text("Left out: damaged.jpg.")
    expect(status).to_contain_text("Left out: torn.png.")
    with page.expect_download() as download:
        page.locator("#dn-several-download").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = sorted(archive.namelist())
        assert names == ["castle-2_night.webp", "castle_night-2.webp", "castle_night.webp", "harbour_night.webp"]
        assert open_image(archive.read("harbour_night.webp")).size == (48, 24)


def test_an_archive_that_is_damaged_or_too_large_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK no archive")
    with pytest.raises(InputError, match=r"'broken[.]zip' is damaged"):
        unpack_archives([tmp_path / "broken.zip"], tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as archive:
        archive.writestr("a.png", bytes(2000))
    monkeypatch.setattr("imggen.imaging.batch.MAX_BYTES", 1000)
    with pytest.raises(InputError, match="Send fewer"):
        unpack_archives([tmp_path / "large.zip"], tmp_path / "out")


def test_damage_anywhere_in_an_archive_is_a_sentence_or_a_damaged_photo(photos: Path, tmp_path: Path) -> None:
    ways = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        for way in ways:
            archive.write(photos / "castle.jpg", f"{way}.jpg", way)
    whole = (tmp_path / "whole.zip").read_bytes()
    random, told = np.random.default_rng(0), []
    for _ in range(300):
        damaged = np.frombuffer(whole[: random.choice([len(whole), random.integers(1, len(whole))])], np.uint8).copy()
        damaged[random.integers(0, len(damaged), 3)] = random.integers(0, 256, 3)
        (tmp_path / "damaged.zip").write_bytes(damaged.tobytes())
        try:
            assert len(unpack_archives([tmp_path / "damaged.zip"], tmp_path / "out")) <= len(ways)
        except InputError as error:
            told.append(str(error))
    assert told
    assert all(sentence.endswith(("Pack it again.", "Send fewer.")) for sentence in told)
