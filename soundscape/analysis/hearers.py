"""Processes that hear many files at once; one that dies or hangs costs its file and nothing else."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from soundscape.analysis.heard import Analysis, Known
from soundscape.analysis.pipe import receive

Heard = Analysis | Known | str
Outcome = tuple[Path, Heard]
"""A file and what was heard in it, which recording it is, or why nothing was heard."""

PATIENCE_S = 120.0
BYTES_PER_S = 100_000
"""A file may take `PATIENCE_S` and a second for each so many bytes before its process is ended."""
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")}


class Hearers:
    """Hear `paths` with `n_workers` processes; iterate to get outcomes as they come. Closing ends all processes.

    `likely` are recordings already known that a file may hold, `models` descriptions of the user's own.
    """

    def __init__(self, paths: Sequence[Path], n_workers: int, *, patience_s: float = PATIENCE_S,
                 likely: Mapping[Path, Sequence[str]] = MappingProxyType({}),
                 models: Sequence[Path] = ()) -> None:  # fmt: skip
        self._models = models
        self._likely = likely
        self._todo: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for path in paths:
            self._todo.put(path)
        self._n_left = len(paths)
        self._patience_s = patience_s
        self._done: queue.Queue[Outcome] = queue.Queue(maxsize=2 * n_workers)
        self._closing = threading.Event()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._threads = [threading.Thread(target=self._work, args=(i,), daemon=True)
                         for i in range(min(n_workers, len(paths)))]  # fmt: skip

    def __enter__(self) -> Hearers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for process in list(self._processes.values()):
            process.kill()
        while any(thread.is_alive() for thread in self._threads):
            try:
                self._done.get(timeout=0.05)
            except queue.Empty:
                continue

    def __iter__(self) -> Iterator[Outcome]:
        while self._n_left:
            outcome = self._done.get()
            self._n_left -= 1
            yield outcome

    def pids(self) -> list[int]:
        """Processes that live now."""
        return [process.pid for process in self._processes.values()]

    def _work(self, number: int) -> None:
        while not self._closing.is_set():
            try:
                path = self._todo.get_nowait()
            except queue.Empty:
                break
            try:
                heard = self._hear(number, path)
            except Exception as error:  # a thread that ends without an outcome would be waited for forever
                heard = f"{type(error).__name__}: {error}"
            self._done.put((path, heard))
        if number in self._processes:
            _end(self._processes.pop(number))

    def _hear(self, number: int, path: Path) -> Heard:
        process = self._processes.get(number)
        if process is None or process.poll() is not None:
            process = self._processes[number] = _started(self._models)
        assert process.stdin is not None
        assert process.stdout is not None
        hung = threading.Event()
        limit_s = self._patience_s + _size(path) / BYTES_PER_S
        timer = threading.Timer(limit_s, _give_up, (process, hung))
        timer.daemon = True
        timer.start()
        try:
            line = " ".join([os.fsencode(path).hex(), *self._likely.get(path, ())])
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            heard = receive(process.stdout)
        except (EOFError, OSError):
            _end(self._processes.pop(number))
            return f"hearing it took longer than {limit_s:.0f} s" if hung.is_set() else _why(process.returncode)
        finally:
            timer.cancel()
        return heard if isinstance(heard, Analysis | Known | str) else "cannot be heard"


def _started(models: Sequence[Path]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "soundscape.analysis.worker", *map(str, models)]
    # in a group of its own: Ctrl-C reaches the parent alone, which ends its workers when it is ready
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **ONE_THREAD},
                            start_new_session=True)  # fmt: skip


def _give_up(process: subprocess.Popen[bytes], hung: threading.Event) -> None:
    hung.set()
    process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                continue


def _why(code: int) -> str:
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"the process that heard it was ended by {name}, perhaps for want of memory"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
