"""One folder on disk: opened component by component, so that no link and no `..` leads out.

Everything here blocks and knows nothing of articles. Paths are relative, with `/`; `""` is the
root. Symbolic links are never followed below the root.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import attrs

LARGEST = 5_000_000
"""The largest article, in bytes; attachments have `LARGEST_ATTACHMENT`."""
LARGEST_ATTACHMENT = 100_000_000

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class Unsafe(OSError):
    """A link, a pipe, a device or a file that is too large: it is there, and is not read."""


class Changed(Exception):
    """The file is not the one that was expected any more."""


@attrs.frozen
class Mark:
    """What changes whenever a file does, as far as its folder can tell."""

    mtime_ns: int
    size: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Mark:
        return cls(status.st_mtime_ns, status.st_size, status.st_ino)


@attrs.frozen
class Entry:
    """One name in a folder; `mark` is None for what is neither a plain file nor a folder."""

    name: str
    is_folder: bool
    mark: Mark | None


def content_hash(content: bytes) -> str:
    """Return the version of a file with this content."""
    return hashlib.sha256(content).hexdigest()


class Folder:
    """Reads and writes below `root`, which may itself be a link but must exist."""

    def __init__(self, root: str) -> None:
        self.root = root

    def is_there(self) -> bool:
        """True when the root is a folder."""
        return os.path.isdir(self.root)  # noqa: PTH112 -- asked before every read

    def entries(self, path: str = "") -> list[Entry]:
        """Return what is in a folder, sorted by name, without hidden names."""
        with self._folder(path) as fd, os.scandir(fd) as scan:
            found = [_entry(e) for e in scan if not e.name.startswith(".")]
        return sorted(found, key=lambda entry: entry.name)

    def read(self, path: str, most: int = LARGEST) -> tuple[bytes, Mark]:
        """Return a plain file's content, and the mark that belongs to it.

        Raises:
            FileNotFoundError, PermissionError: as of the system.
            Unsafe: it is not a plain file, or larger than `most`.
        """
        folder, name = os.path.split(path)
        with self._folder(folder) as parent, self._file(parent, name, path) as fd:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise Unsafe(f"{path} is not a plain file")
            with open(fd, "rb", closefd=False) as file:
                content = file.read(most + 1)
            if len(content) > most:
                raise Unsafe(f"{path} is larger than {most} bytes")
            return content, Mark.of(status)

    def mark(self, path: str) -> Mark | None:
        """Return the mark of a plain file; None when there is none."""
        folder, name = os.path.split(path)
        try:
            with self._folder(folder) as parent:
                status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except OSError:
            return None
        return Mark.of(status) if stat.S_ISREG(status.st_mode) else None

    def exists(self, path: str) -> bool:
        """True when there is anything of that name, a dangling link included."""
        folder, name = os.path.split(path)
        try:
            with self._folder(folder) as parent:
                os.stat(name, dir_fd=parent, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def write(self, path: str, content: bytes, *, expected: str | None) -> Mark:
        """Put `content` in the place of the version `expected`; None: of nothing at all.

        The file is either the old one or the new one, whenever the power goes. Another program
        that saves within the microseconds between the check and the rename is overwritten; no
        file system offers more.

        Raises:
            Changed: the file is another one, or gone.
            FileExistsError: nothing was expected, and something is there.
        """
        folder, name = os.path.split(path)
        with self._folder(folder, create=True) as parent:
            temporary = f".{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.syncline-tmp"
            mark = _fill(temporary, content, parent, _mode(name, parent))
            try:
                if expected is None:
                    _settle(temporary, name, parent, parent)
                else:
                    self._check(path, expected)
                    os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=parent)
            os.fsync(parent)
        return mark

    def move(self, path: str, to: str) -> None:
        """Move a file; nothing is overwritten, and missing folders are made.

        Raises:
            FileExistsError: `to` is taken.
        """
        (source, name), (target, new) = os.path.split(path), os.path.split(to)
        with self._folder(source) as old, self._folder(target, create=True) as there:
            _settle(name, new, old, there)
            os.fsync(there)
            os.fsync(old)

    def _check(self, path: str, expected: str) -> None:
        try:
            found = content_hash(self.read(path)[0])
        except OSError as error:
            raise Changed(f"{path}: {error.strerror or error}") from error
        if found != expected:
            raise Changed(f"{path} was saved meanwhile")

    @contextmanager
    def _folder(self, path: str, *, create: bool = False) -> Iterator[int]:
        fd = os.open(self.root, _OPEN_FOLDER)
        try:
            for part in path.split("/") if path else ():
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=fd)
                fd = _below(part, fd)
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def _file(self, parent: int, name: str, path: str) -> Iterator[int]:
        try:
            fd = os.open(name, _OPEN_FILE, dir_fd=parent)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Unsafe(f"{path} is a symbolic link") from error
            raise
        try:
            yield fd
        finally:
            os.close(fd)


def _entry(entry: os.DirEntry[str]) -> Entry:
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISREG(status.st_mode):
        return Entry(entry.name, False, Mark.of(status))
    return Entry(entry.name, stat.S_ISDIR(status.st_mode), None)


def _below(name: str, parent: int) -> int:
    """Open a folder in the place of the one that it is in."""
    try:
        fd = os.open(name, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except NotADirectoryError as error:
        if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise Unsafe(f"the folder {name} is a symbolic link") from error
        raise
    os.close(parent)
    return fd


def _mode(name: str, parent: int) -> int | None:
    try:
        return stat.S_IMODE(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def _fill(name: str, content: bytes, parent: int, mode: int | None) -> Mark:
    """Write a temporary file down to the disk; a left-over of a crash is overwritten."""
    fd = os.open(name, _CREATE, 0o666, dir_fd=parent)
    try:
        with open(fd, "wb", closefd=False) as file:
            file.write(content)
        if mode is not None:
            os.fchmod(fd, mode)
        os.fsync(fd)
        return Mark.of(os.fstat(fd))
    except OSError:
        os.unlink(name, dir_fd=parent)
        raise
    finally:
        os.close(fd)


def _settle(source: str, target: str, old: int, new: int) -> None:
    """Rename a file unless the new name is taken: `link` never overwrites, `rename` does."""
    try:
        os.link(source, target, src_dir_fd=old, dst_dir_fd=new, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS or _mode(target, new) is not None:
            raise
        os.rename(source, target, src_dir_fd=old, dst_dir_fd=new)
    else:
        os.unlink(source, dir_fd=old)
