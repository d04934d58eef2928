"""Disks that do harm: one that is full, one that refuses what is written, one that turns read-only by an error."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

FULL, REFUSING = "full", "refusing"


class Unavailable(Exception):
    """The system does not let us have such a disk: says why."""


def _run(*command: str | Path) -> str:
    """Run a command; what it prints."""
    if shutil.which(str(command[0])) is None:
        raise Unavailable(f"needs {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"needs to be allowed to run {command[0]}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def small(folder: Path, size: str = "8m") -> Iterator[Path]:
    """A disk in memory of some megabytes, at a folder that is made for it."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield folder
    finally:
        _run("umount", "-l", folder)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No byte is free on the disk of a folder, for as long as the context lasts."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield
    finally:
        filler.unlink()


@contextmanager
def refusing(folder: Path) -> Iterator[None]:
    """Nothing is written to the files of a folder, those that are open too, as long as the context lasts (EPERM).

    But to SQLite's shared memory: a page of that is written by the system, which ends a process where it cannot.
    """
    files = sorted(file for file in folder.iterdir() if not file.name.endswith("-shm"))
    _run("chattr", "+i", *files)
    try:
        _require_refused(files[0])
        yield
    finally:
        _run("chattr", "-i", *files)


def _require_refused(file: Path) -> None:
    try:
        file.open("ab").close()
    except PermissionError:
        return
    raise Unavailable("needs a file system on which chattr +i binds root")


class Ext4:
    """A disk of ext4 in a file, which can be made to find an error: it only reads from then on, whatever is open."""

    def __init__(self, folder: Path) -> None:
        self.image, self.place = folder / "disk", folder / "mounted"
        self.place.mkdir()
        with self.image.open("wb") as file:
            file.truncate(24 << 20)
        _run("mkfs.ext4", "-q", self.image)
        self.mount()

    def mount(self) -> None:
        """Have it at its place."""
        _run("mount", "-o", "loop,errors=remount-ro", self.image, self.place)

    def fail(self) -> None:
        """Have it find an error, as a broken disk makes it do."""
        device = Path(_run("findmnt", "-n", "-o", "SOURCE", self.place).strip()).name
        trigger = Path("/sys/fs/ext4", device, "trigger_fs_error")
        try:
            trigger.write_text("a test")
        except OSError as error:
            raise Unavailable(f"needs {trigger}: {error}") from None

    def repair(self) -> None:
        """What is done with a disk that failed: it is checked, and mounted anew."""
        for _ in range(100):  # who was killed still has files open for a moment
            if subprocess.run(["umount", self.place], capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.05)
        subprocess.run(["e2fsck", "-fy", self.image], capture_output=True, check=False)
        self.mount()

    def remove(self) -> None:
        """Let go of it."""
        subprocess.run(["umount", "-l", self.place], capture_output=True, check=False)


LINE = bytes(204_800)
"""About as much as a write of talbuk's has the disk keep."""

WARM = 0.03
"""Seconds in which it has begun."""


class Witness:
    """A plain program that appends to a file of its own and waits for the disk each time: what fsync vouches for.

    In the moment in which ext4 gives up its journal Linux (6.18) can answer fsync with success, though what was
    appended is gone after the repair: in 8 of 40 such moments. No program can tell.
    """

    def __init__(self, file: Path) -> None:
        self.file, self.vouched_for, self.lost, self._done = file, 0, 0, Event()
        self._thread = Thread(target=self._append)

    def _append(self) -> None:
        with suppress(OSError), self.file.open("ab", buffering=0) as file:
            while not self._done.is_set():
                file.write(LINE)
                os.fsync(file.fileno())
                self.vouched_for += 1

    def __enter__(self) -> "Witness":
        self._thread.start()
        time.sleep(WARM)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def look(self) -> None:
        """When the disk is repaired: count what is gone of what was vouched for."""
        size = self.file.stat().st_size if self.file.exists() else 0
        self.lost = max(0, self.vouched_for - size // len(LINE))


@contextmanager
def ext4(folder: Path) -> Iterator[Ext4]:
    """Such a disk for as long as the context lasts."""
    disk = Ext4(folder)
    try:
        yield disk
    finally:
        disk.remove()
