"""Flag, then environment, then `dspreview.toml`, then default; and where each value came from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dspreview.errors import SettingsError
from dspreview.folders import cache_folder, folder_file, read_toml, token_of_login, user_file
from dspreview.suggestions import did_you_mean

TRUE_WORDS = frozenset({"1", "true", "yes", "y", "on", "t"})
FALSE_WORDS = frozenset({"0", "false", "no", "n", "off", "f"})
SEVERITIES = ("error", "warning", "info")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LARGEST = 2**62


class Ignored(NamedTuple):
    """A setting that a file must not decide."""

    name: str
    path: str
    reason: str


class Setting(NamedTuple):
    """One name that can be set."""

    name: str
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()
    in_folder: bool = False
    """Whether the file of a working folder may set it, which may be a stranger's: only what concerns that folder's data."""
    minimum: int = 0


TABLE = (
    Setting("DSPREVIEW_DATABASE", "", "the one SQLite file; default: dspreview.sqlite in the cache folder"),
    Setting("ASSETS_DIRECTORY", "", "asset files; default: assets next to the database"),
    Setting("APP_HOSTNAME", "localhost", "serve-assets: host name"),
    Setting("APP_PORT", 8000, "serve-assets: port"),
    Setting("WEB_CONCURRENCY", 2, "serve-assets: number of processes", minimum=1),
    Setting("WEBHOOK_SECRET", "", "serve-assets --writable: what X-Webhook-Secret must say"),
    Setting("MAX_AGE_LONG_SECONDS", 120, "max-age of data over HTTP; also how long the Hub is not asked for changes"),
    Setting("MAX_AGE_SHORT_SECONDS", 10, "max-age of technical answers over HTTP"),
    Setting("ROWS_MAX_BYTES", 1_000_000, "most bytes of the rows of a page", in_folder=True, minimum=1_000),
    Setting("ROWS_MAX_NUMBER", 100, "most rows of a page", in_folder=True, minimum=1),
    Setting("ROWS_MIN_NUMBER", 10, "rows kept before cells are cut", in_folder=True, minimum=1),
    Setting("ASSET_MAX_BYTES", 20_000_000, "a larger asset is not fetched"),
    Setting("PAGE_ASSETS_MAX_BYTES", 200_000_000, "assets of a page beyond that sum are not fetched"),
    Setting("CACHE_MAX_BYTES", 0, "size of the cache; 0 is no limit"),
    Setting("DERIVED_MAX_BYTES", 20_000_000_000, "size of derived files, which `dspreview cache stats` lists"),
    Setting("PARQUET_MAX_BYTES", 5_000_000_000, "how much of a split that is not Parquet is converted", minimum=1),
    Setting("PARQUET_MAX_FILES", 10_000, "how many files of a split that is not Parquet are converted", minimum=1),
    Setting("DATASETS_ENABLE_PRIVATE", False, "private datasets may be read"),
    Setting("DATASETS_REVISION", "main", "git reference of datasets without an owner"),
    Setting("HUB_TIMEOUT_SECONDS", 10, "the longest one network step may stay silent", minimum=1),
    Setting(
        "HUB_PAUSE_MAX_SECONDS", 300, "the longest pause of unattended work that a Hub's 429 can bring about", minimum=1
    ),
    Setting(
        "MAX_SIZE_FALLBACK", 100_000_000, "bytes up to which a split that cannot be streamed is downloaded; 0 is off"
    ),
    Setting("QUERY_MAX_SECONDS", 60, "longest filter, search or stats", minimum=1),
    Setting("QUERY_MAX_MEMORY", 2_000_000_000, "memory of filter, search and stats, in bytes", minimum=1),
    Setting("TRUST_DATABASE", False, "use a database that belongs to another user, or that others may write"),
    Setting("STORE_TIMEOUT_SECONDS", 60, "how long to wait for a locked database"),
    Setting("MAX_LOAD_PCT", 50, "no job starts at or over this load; 0 is off"),
    Setting("MAX_MEMORY_PCT", 60, "no job starts at or over this memory use; 0 is off"),
    Setting("MAX_JOBS_PER_DATASET", 2, "jobs of one dataset started at once", minimum=1),
    Setting("JOB_MAX_SECONDS", 1_200, "longest job", minimum=1),
    Setting("JOB_MAX_MEMORY", 4_000_000_000, "memory of one job, and of any call that reads data, in bytes", minimum=1),
    Setting("JOBS_KEEP_DAYS", 30, "age at which finished jobs are removed"),
    Setting("WORKER_SLEEP_SECONDS", 5, "pause of an idle worker"),
    Setting("WORKER_QUEUE", "both", "jobs a worker takes", choices=("datasets", "splits", "both")),
    Setting(
        "CHECK_SELECT", "", "check: the codes of the findings that count, with commas; default: all", in_folder=True
    ),
    Setting("CHECK_IGNORE", "", "check: the codes of findings that do not count, with commas", in_folder=True),
    Setting("CHECK_MAX_SPLITS", 4_000, "check: a dataset of more splits is refused", in_folder=True, minimum=1),
    Setting("CHECK_FAIL_ON", "error", "check: the lowest severity that exits 1", SEVERITIES, in_folder=True),
    Setting("LOG_LEVEL", "INFO", "what stderr shows besides failures; ERROR and above: nothing", choices=LEVELS),
    Setting("HF_TOKEN", "", "token for gated and private datasets; default: that of `hf auth login`"),
    Setting("HF_ENDPOINT", "https://huggingface.co", "the Hub"),
    Setting("HF_HUB_OFFLINE", False, "no network, as --offline"),
)
SECRETS = frozenset({"HF_TOKEN", "WEBHOOK_SECRET"})
"""Never shown."""
FOLDERS_REASON = "the file of a working folder can set only CHECK_* and ROWS_*; set this in your own file"
BY_NAME = {setting.name: setting for setting in TABLE}


class Settings:
    """The value of each setting as an attribute (`settings.rows_max_bytes`), and its source."""

    dspreview_database: str
    assets_directory: str
    app_hostname: str
    app_port: int
    web_concurrency: int
    webhook_secret: str
    max_age_long_seconds: int
    max_age_short_seconds: int
    rows_max_bytes: int
    rows_max_number: int
    rows_min_number: int
    asset_max_bytes: int
    page_assets_max_bytes: int
    cache_max_bytes: int
    derived_max_bytes: int
    parquet_max_bytes: int
    parquet_max_files: int
    datasets_enable_private: bool
    datasets_revision: str
    hub_timeout_seconds: int
    hub_pause_max_seconds: int
    max_size_fallback: int
    query_max_seconds: int
    query_max_memory: int
    trust_database: bool
    store_timeout_seconds: int
    max_load_pct: int
    max_memory_pct: int
    max_jobs_per_dataset: int
    job_max_seconds: int
    job_max_memory: int
    jobs_keep_days: int
    worker_sleep_seconds: int
    worker_queue: str
    check_select: str
    check_ignore: str
    check_fail_on: str
    check_max_splits: int
    log_level: str
    hf_token: str
    hf_endpoint: str
    hf_hub_offline: bool

    def __init__(
        self, values: Mapping[str, Any], sources: Mapping[str, str], ignored: tuple[Ignored, ...] = ()
    ) -> None:
        self.sources, self.ignored = dict(sources), ignored
        for name, value in values.items():
            setattr(self, name.lower(), value)

    def __repr__(self) -> str:
        """Nothing of the values: one of them is a token, and whoever logs a call logs its arguments."""
        return "Settings()"

    @property
    def limits(self) -> str:
        """The limits that a page depends on; a page made under others is stale."""
        return (
            f"{self.rows_max_bytes}/{self.rows_max_number}/{self.rows_min_number}"
            f"/{self.asset_max_bytes}/{self.page_assets_max_bytes}/{self.max_size_fallback}"
        )

    def replace(self, **changes: Any) -> Settings:
        """The same settings with some values given by the caller."""
        names = {name.upper(): value for name, value in changes.items()}
        values = {setting.name: getattr(self, setting.name.lower()) for setting in TABLE} | names
        return Settings(values, self.sources | dict.fromkeys(names, "flag"), self.ignored)


def resolve(flags: Mapping[str, Any], environment: Mapping[str, str] | None = None, *, folder: bool = True) -> Settings:
    """The settings of this call. A value that cannot be read is a SettingsError that names it.

    Args:
        flags: values by setting name; None means not given.
        environment: `os.environ` unless a test says otherwise.
        folder: whether the file of the working folder is read.

    """
    environment = os.environ if environment is None else environment
    layers: list[tuple[str, Mapping[str, Any]]] = [("flag", flags), ("environment", environment)]
    ignored: list[Ignored] = []
    if folder and (path := folder_file()) is not None:
        told = read_file(path)
        ignored = [Ignored(name, str(path), FOLDERS_REASON) for name in told if not BY_NAME[name].in_folder]
        layers.append((str(path), {name: told[name] for name in told if BY_NAME[name].in_folder}))
    if (path := user_file(environment)) is not None:
        layers.append((str(path), read_file(path)))
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for setting in TABLE:
        for source, layer in layers:
            raw = layer.get(setting.name)
            if raw is not None and raw != "":
                values[setting.name] = parse(setting, raw, source)
                sources[setting.name] = source
                break
        else:
            values[setting.name] = setting.default
            sources[setting.name] = "default"
    if not values["DSPREVIEW_DATABASE"]:
        values["DSPREVIEW_DATABASE"] = str(cache_folder(environment) / "dspreview.sqlite")
    values["DSPREVIEW_DATABASE"] = absolute("DSPREVIEW_DATABASE", values["DSPREVIEW_DATABASE"])
    beside = os.path.join(os.path.dirname(values["DSPREVIEW_DATABASE"]), "assets")
    values["ASSETS_DIRECTORY"] = absolute("ASSETS_DIRECTORY", values["ASSETS_DIRECTORY"] or beside)
    values["HF_ENDPOINT"] = endpoint(values["HF_ENDPOINT"])
    if not values["HF_TOKEN"]:
        values["HF_TOKEN"], sources["HF_TOKEN"] = token_of_login(environment)
    if not all("!" <= char <= "~" for char in values["HF_TOKEN"]):
        raise SettingsError(f"HF_TOKEN: that value (from {sources['HF_TOKEN']}) holds characters that no token has")
    return Settings(values, sources, tuple(ignored))


def endpoint(url: str) -> str:
    """The address of the Hub without a slash at its end. Raises SettingsError where it is none."""
    if url == BY_NAME["HF_ENDPOINT"].default:
        return url
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise SettingsError(f"HF_ENDPOINT: {url!a} is no address such as https://huggingface.co")
    return url.rstrip("/")


def absolute(name: str, path: str) -> str:
    """The path of a setting. Raises SettingsError where it cannot be one."""
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        raise SettingsError(f"{name}: {path}: there is no such home folder; give an absolute path")
    try:
        found = os.path.abspath(expanded)
        found.encode()
    except FileNotFoundError:
        raise SettingsError(f"{name}: {path} is relative, and the working folder has been removed") from None
    except UnicodeEncodeError:
        raise SettingsError(f"{name}: {path!a} is not UTF-8; give another path") from None
    return found


def parse(setting: Setting, raw: Any, source: str) -> Any:
    """`raw` as the type of the setting's default; numbers may be written `1_000_000`."""
    text = ",".join(map(str, raw)) if isinstance(raw, list) else str(raw).strip()
    if isinstance(setting.default, bool):
        if text.lower() in TRUE_WORDS:
            return True
        if text.lower() in FALSE_WORDS:
            return False
        raise bad_value(setting, text, source, "true or false")
    if isinstance(setting.default, int):
        try:
            number = int(text)
        except ValueError:
            raise bad_value(setting, text, source, "a whole number, as 1_000_000") from None
        if number > LARGEST:
            raise bad_value(setting, text, source, f"a number up to {LARGEST}")
        if number < setting.minimum:
            raise bad_value(setting, text, source, f"a number of at least {setting.minimum}")
        return number
    if setting.choices:
        known = {choice.lower(): choice for choice in setting.choices}
        if text.lower() not in known:
            raise bad_value(setting, text, source, f"one of {', '.join(setting.choices)}")
        return known[text.lower()]
    return text


def bad_value(setting: Setting, text: str, source: str, expected: str) -> SettingsError:
    """The one line for a value that cannot be read."""
    shown = "that value" if setting.name in SECRETS else repr(text)
    return SettingsError(f"{setting.name}: {shown} (from {source}) is not {expected}")


TABLES = frozenset({"rules", "allow", "input", "croissant"})
"""What else a `dspreview.toml` may hold, for `check` and `croissant`."""


def read_file(path: Path) -> dict[str, Any]:
    """The settings of a `dspreview.toml`; an unknown key is a SettingsError with a suggestion."""
    values = read_toml(path)
    for key in values:
        if key in BY_NAME or key in TABLES:
            continue
        hint = did_you_mean(key, BY_NAME, "; `dspreview settings` lists the names")
        raise SettingsError(f"{path}: unknown setting {key!r}{hint}")
    return {key: value for key, value in values.items() if key in BY_NAME}
