"""Where a user's things lie: the cache, setting files, the token of `hf auth login`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dspreview.errors import SettingsError

FILE_NAME = "dspreview.toml"
LARGEST_FILE = 1_000_000


def folder_file() -> Path | None:
    """The settings file of the working folder, which may be a stranger's; None without one, and in a folder that was removed."""
    try:
        path = Path.cwd() / FILE_NAME
    except FileNotFoundError:
        return None
    return path if path.is_file() else None


def user_file(environment: Mapping[str, str]) -> Path | None:
    """The user's own settings file, where there is one."""
    home = environment.get("HOME")
    if environment.get("XDG_CONFIG_HOME"):
        path = Path(environment["XDG_CONFIG_HOME"]) / "dspreview" / FILE_NAME
    elif home and sys.platform == "darwin":
        path = Path(home) / "Library" / "Application Support" / "dspreview" / FILE_NAME
    elif home:
        path = Path(home) / ".config" / "dspreview" / FILE_NAME
    else:
        return None
    return path if path.is_file() else None


def cache_folder(environment: Mapping[str, str]) -> Path:
    """The OS cache folder for `dspreview`; by hand, since platformdirs costs 35 ms at each start."""
    if environment.get("XDG_CACHE_HOME"):
        return Path(environment["XDG_CACHE_HOME"]) / "dspreview"
    home = Path(os.path.expanduser(environment.get("HOME") or "~"))
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "dspreview"
    return home / ".cache" / "dspreview"


def token_of_login(environment: Mapping[str, str]) -> tuple[str, str]:
    """The token of `hf auth login` and its source, or an empty one."""
    path = environment.get("HF_TOKEN_PATH")
    if not path:
        home = environment.get("HF_HOME")
        if not home:
            cache = environment.get("XDG_CACHE_HOME") or os.path.join(environment.get("HOME") or "~", ".cache")
            home = os.path.join(cache, "huggingface")
        path = os.path.join(home, "token")
    try:
        token = Path(os.path.expanduser(path)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return "", "default"
    return token, path if token else "default"


def read_toml(path: Path) -> dict[str, Any]:
    """All that a `dspreview.toml` holds. Raises SettingsError."""
    import tomllib  # 6 ms that only who has a file pays

    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise SettingsError(f"{path}: larger than {LARGEST_FILE:,} bytes; no settings file is")
        values = tomllib.loads(text.decode())
    except RecursionError:
        raise SettingsError(f"{path}: not TOML that can be read: its values are nested too deep") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    return values
