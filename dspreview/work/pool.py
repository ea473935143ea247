"""The worker processes: forked from one that has `datasets` loaded, kept from job to job."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dspreview.extract.hub.description import QUIET
from dspreview.settings import TABLE
from dspreview.store import Store
from dspreview.store.private import temporary_folder
from dspreview.work.child import run
from dspreview.work.slot import Slot


@contextmanager
def signals_held() -> Iterator[None]:
    """Let Ctrl-C wait until something is done that must not stop half-way."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Pool:
    """Those that are at a job, and those that wait for one."""

    def __init__(self, store: Store) -> None:
        self.store, self.settings = store, store.settings
        self.slots: list[Slot] = []
        self.context = self._forkserver()

    def _forkserver(self) -> Any:
        import multiprocessing

        os.environ.update(QUIET)  # the libraries read it once, at import, in the forkserver
        os.environ["HF_ENDPOINT"] = self.settings.hf_endpoint
        # its own folder, `pymp-...`, would tell nobody whose it was after a kill
        self.sockets = temporary_folder()
        multiprocessing.current_process()._config["tempdir"] = str(self.sockets)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["dspreview.work.preload"])
        return context

    @property
    def busy(self) -> list[Slot]:
        """The processes that are at a job."""
        return [slot for slot in self.slots if slot.job is not None]

    def idle(self) -> Slot:
        """A process with nothing to do."""
        for slot in self.slots:
            if slot.job is None:
                return slot
        ours, theirs = self.context.Pipe()
        values = {setting.name: getattr(self.settings, setting.name.lower()) for setting in TABLE}
        process = self.context.Process(
            target=run, args=(values, self.settings.sources, self.store.identity, theirs), daemon=True
        )
        with signals_held():  # the forkserver starts with the first one, and hands down what it inherits
            process.start()
        theirs.close()
        self.slots.append(Slot(process, ours))
        return self.slots[-1]

    def close(self) -> None:
        """End the forkserver, and remove the folder of its socket."""
        from multiprocessing import forkserver

        forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
        shutil.rmtree(self.sockets, ignore_errors=True)

    def dismiss(self, slot: Slot) -> None:
        """Part with a process; the next job gets another."""
        self.slots.remove(slot)
        slot.kill()
        slot.close()
