"""Where a user's things lie: the cache, setting files, the token of `hf auth login`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

FILE_NAME = "dspreview.toml"


def setting_files(environment: Mapping[str, str]) -> list[Path]:
    """The setting files that exist, the one of the working folder first."""
    folders = [Path.cwd()] if working_folder_exists() else []
    home = environment.get("HOME")
    if environment.get("XDG_CONFIG_HOME"):
        folders.append(Path(environment["XDG_CONFIG_HOME"]) / "dspreview")
    elif home and sys.platform == "darwin":
        folders.append(Path(home) / "Library" / "Application Support" / "dspreview")
    elif home:
        folders.append(Path(home) / ".config" / "dspreview")
    return [path for folder in folders if (path := folder / FILE_NAME).is_file()]


def working_folder_exists() -> bool:
    """False where the folder we were started in has been removed."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


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
