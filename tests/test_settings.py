"""Settings: precedence, values, and what a stranger's file may not decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from dspreview.errors import SettingsError
from dspreview.settings import BY_NAME, parse, resolve


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_flag_wins_over_environment_over_file_over_default(folder: Path) -> None:
    environment = {"HOME": str(folder / "home")}
    assert resolve({}, environment).rows_max_number == 100
    user = folder / "home" / ".config" / "dspreview"
    user.mkdir(parents=True)
    (user / "dspreview.toml").write_text("ROWS_MAX_NUMBER = 1\nROWS_MIN_NUMBER = 1\n")
    found = resolve({}, {**environment, "XDG_CONFIG_HOME": str(folder / "home" / ".config")})
    assert (found.rows_max_number, found.sources["ROWS_MAX_NUMBER"]) == (1, str(user / "dspreview.toml"))
    (folder / "dspreview.toml").write_text("ROWS_MAX_NUMBER = 2\n")
    both = resolve({}, {**environment, "XDG_CONFIG_HOME": str(folder / "home" / ".config")})
    assert (both.rows_max_number, both.rows_min_number) == (2, 1)
    exported = resolve({}, {**environment, "ROWS_MAX_NUMBER": "3"})
    assert (exported.rows_max_number, exported.sources["ROWS_MAX_NUMBER"]) == (3, "environment")
    flagged = resolve({"ROWS_MAX_NUMBER": 4}, {**environment, "ROWS_MAX_NUMBER": "3"})
    assert (flagged.rows_max_number, flagged.sources["ROWS_MAX_NUMBER"]) == (4, "flag")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("ROWS_MAX_BYTES", "1_000_000", 1_000_000),
        ("ASSET_MAX_BYTES", " 7 ", 7),
        ("DATASETS_ENABLE_PRIVATE", "True", True),
        ("DATASETS_ENABLE_PRIVATE", "off", False),
        ("HF_HUB_OFFLINE", "1", True),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("WORKER_QUEUE", "splits", "splits"),
    ],
)
def test_values_are_read(name: str, text: str, value: object) -> None:
    assert parse(BY_NAME[name], text, "environment") == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ROWS_MAX_NUMBER", "many"),
        ("ROWS_MAX_NUMBER", "0"),
        ("ROWS_MAX_BYTES", "-1"),
        ("ROWS_MAX_BYTES", "9" * 30),
        ("DATASETS_ENABLE_PRIVATE", "perhaps"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_that_cannot_be_read_is_an_error_that_names_it(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        parse(BY_NAME[name], text, "environment")


def test_an_empty_value_is_none(folder: Path) -> None:
    assert resolve({}, {"HOME": str(folder), "ROWS_MAX_NUMBER": ""}).rows_max_number == 100


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ROWS_MAX_NUMER = 1", "did you mean 'ROWS_MAX_NUMBER'"),
        ("not toml", "not TOML"),
        ("ROWS_MAX_NUMBER = " + "[" * 2_000 + "]" * 2_000, "nested too deep"),
        ("# " + "x" * 1_000_000, "larger than"),
    ],
)
def test_a_file_that_cannot_be_used_names_itself(text: str, told: str, folder: Path) -> None:
    (folder / "dspreview.toml").write_text(text)
    with pytest.raises(SettingsError, match=told) as caught:
        resolve({}, {"HOME": str(folder)})
    assert str(folder / "dspreview.toml") in str(caught.value)


OWN = {name: setting for name, setting in BY_NAME.items() if not setting.in_folder}


def test_a_working_folder_sets_what_concerns_its_data_and_nothing_else(folder: Path) -> None:
    home = folder / "home"
    lines = [f"{name} = {value_of(name)!r}" for name in BY_NAME]
    (folder / "dspreview.toml").write_text("\n".join(lines).replace("True", "true"))
    found = resolve({}, {"HOME": str(home)})
    taken = {name for name, source in found.sources.items() if source == str(folder / "dspreview.toml")}
    assert taken == {
        "ROWS_MAX_BYTES", "ROWS_MAX_NUMBER", "ROWS_MIN_NUMBER", "CHECK_SELECT", "CHECK_IGNORE", "CHECK_FAIL_ON", "CHECK_MAX_SPLITS",
    }  # fmt: skip
    assert {one.name for one in found.ignored} == set(OWN)
    assert found.dspreview_database == str(home / ".cache" / "dspreview" / "dspreview.sqlite")
    unread = resolve({}, {"HOME": str(home)}, folder=False)
    assert (unread.ignored, set(unread.sources.values())) == ((), {"default"})


def value_of(name: str) -> object:
    """A value of a setting that it may have."""
    setting = BY_NAME[name]
    if setting.choices:
        return setting.choices[0]
    if isinstance(setting.default, bool):
        return True
    return 7_777 if isinstance(setting.default, int) else "http://127.0.0.1:9"


@pytest.mark.parametrize("name", sorted(OWN))
def test_the_user_s_own_file_sets_everything(name: str, folder: Path) -> None:
    home = folder / "home" / ".config" / "dspreview"
    home.mkdir(parents=True)
    (home / "dspreview.toml").write_text(f"{name} = {value_of(name)!r}".replace("True", "true"))
    found = resolve({}, {"HOME": str(folder / "home")})
    assert found.sources[name] == str(home / "dspreview.toml")


def test_the_token_comes_from_the_environment_or_the_login(folder: Path) -> None:
    home = folder / ".cache" / "huggingface"
    home.mkdir(parents=True)
    (home / "token").write_text("hf_login\n")
    (folder / "other").write_text("hf_other")
    assert resolve({}, {"HOME": str(folder)}).hf_token == "hf_login"
    assert resolve({}, {"HOME": str(folder), "HF_TOKEN_PATH": str(folder / "other")}).hf_token == "hf_other"
    assert resolve({}, {"HOME": str(folder), "HF_HOME": str(folder / "none")}).hf_token == ""
    assert resolve({}, {"HOME": str(folder), "HF_TOKEN": "hf_given"}).hf_token == "hf_given"


def test_the_cache_lies_where_the_system_keeps_caches(folder: Path) -> None:
    plain = resolve({}, {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "c")})
    assert plain.dspreview_database == str(folder / "c" / "dspreview" / "dspreview.sqlite")
    assert plain.assets_directory == str(folder / "c" / "dspreview" / "assets")
    moved = resolve({"DSPREVIEW_DATABASE": "here/x.sqlite"}, {"HOME": str(folder)})
    assert moved.assets_directory == str(folder / "here" / "assets")


@pytest.mark.parametrize(
    "url", ["foo", "127.0.0.1:9", "ftp://x", "http://", "http://127.0.0.1:99999", "http://127.0.0.1:x"]
)
def test_an_endpoint_that_is_no_address(url: str, folder: Path) -> None:
    with pytest.raises(SettingsError, match="HF_ENDPOINT"):
        resolve({}, {"HOME": str(folder), "HF_ENDPOINT": url})


@pytest.mark.parametrize("token", ["hf_SECRET\nb", "hf_SECRET\u00c9", "hf SECRET"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(token: str, folder: Path) -> None:
    with pytest.raises(SettingsError, match="HF_TOKEN") as caught:
        resolve({}, {"HOME": str(folder), "HF_TOKEN": token})
    assert "SECRET" not in str(caught.value)
