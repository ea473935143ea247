"""What a README tells the reader of a config: options, a choice of columns, types. What of it does not fit is told here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from datasets.load import import_main_class
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES
from datasets.table import CastError

from dspreview.errors import CardError, DeclaredTypesError
from dspreview.extract.files.door import Door
from dspreview.extract.library.failures import reason, shorten
from dspreview.extract.library.source import Plan, Source
from dspreview.extract.text.dialect import HEAD, undeclared

OF_CONFIGS = frozenset({"config_name", "data_files", "data_dir", "default", "version", "description"})
"""What every config may have."""


def ignored_options(plan: Plan) -> list[str]:
    """The options of a config that its reader does not have: `datasets` goes on without them."""
    if plan.format.is_ours:
        return []
    reader = import_main_class(_PACKAGED_DATASETS_MODULES[plan.format.name][0])
    known = {one.name for one in fields(reader.BUILDER_CONFIG_CLASS)} | OF_CONFIGS
    return [name for name in plan.config.params if name not in known]


def refuse_absent_columns(source: Source, plan: Plan, split: str, opened: Callable[[str], Any]) -> None:
    """Refuse a choice of columns that the first file does not have: `datasets` does. Raises CardError, and what pyarrow raises."""
    chosen = plan.params.get("columns") if plan.selects else None
    if not isinstance(chosen, list) or not plan.files[split]:
        return
    import pyarrow.parquet as pq

    with opened(plan.files[split][0]) as stream:
        names = pq.read_schema(stream).names
    if absent := [str(name) for name in chosen if name not in names]:
        raise CardError(
            f"{source.asked} {plan.config.name}/{split}: `columns` in its README names {', '.join(absent[:5])}, "
            f"which its data does not have ({', '.join(names[:20])})"
        )


def other_types(error: BaseException, source: Source, plan: Plan, split: str, file: str) -> DeclaredTypesError:
    """The failure of a file whose columns, or values, are not those that are declared."""
    if isinstance(error, CastError) and (told := difference(error.table_column_names, error.requested_column_names)):
        return DeclaredTypesError(
            f"{source.asked} {plan.config.name}/{split}: {shorten(file, source)} does not have the columns that {plan.config.told_in} declares: {told}"
        )
    return DeclaredTypesError(
        f"{source.asked} {plan.config.name}/{split}: {shorten(file, source)} does not have the types that "
        f"{plan.config.told_in} declares: {reason(error)}"
    )


def difference(here: list[str], declared: list[str]) -> str:
    """Which columns a file lacks, and which nobody declared."""
    missing, more = [name for name in declared if name not in here], [name for name in here if name not in declared]
    told = [f"missing {', '.join(missing[:5])}"] * bool(missing) + [f"not declared {', '.join(more[:5])}"] * bool(more)
    return "; ".join(told)


def as_written(plan: Plan, split: str, door: Door) -> Plan:
    """The plan with the delimiter and the encoding that the first file of a CSV has, where nobody declared them."""
    names = plan.files[split]
    if not plan.format.is_delimited or not names:
        return plan
    with door.open(names[0]) as stream:
        return replace(plan, params=plan.params | undeclared(stream.read(HEAD), plan.params))
