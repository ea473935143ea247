"""One random table: what each command says of it, against pyarrow and plain Python."""

from __future__ import annotations

from pathlib import Path

from tests.agreement.net import Net
from tests.agreement.plain import rows_of
from tests.agreement.tables import random_table
from tests.support.forking import Forked


def differences(ask: Forked, seed: str, folder: Path) -> list[str]:
    """What is otherwise than it should be; nothing where all is right."""
    table = random_table(seed, folder)
    kinds = ", ".join(f"{field.name}: {field.type}" for field in table.schema)
    return [f"{one} ({kinds})" for one in Net(ask, folder).run(rows_of(table))]
