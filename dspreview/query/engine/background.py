"""Work in threads that nobody has to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Begun(NamedTuple, Generic[T]):
    """Work in a thread; one of the lists gets one thing."""

    thread: threading.Thread
    answers: list[T]
    failures: list[BaseException]


def begun(work: Callable[[], T]) -> Begun[T]:
    """Work that goes on in a thread of its own, which ends with the process."""
    answers: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return Begun(thread, answers, failures)
