"""One folder on disk: opened component by component, so that no link and no `..` leads out.

Everything here blocks and knows nothing of articles. Paths are relative, with `/`; `""` is the
root. Symbolic links are never followed below the root.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, Protocol, TypeVar

import attrs

T = TypeVar("T")
R = TypeVar("R")

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


class Mark(NamedTuple):
    """What changes whenever a file does, as far as its folder can tell."""

    mtime_ns: int
    size: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Mark:
        return cls(status.st_mtime_ns, status.st_size, status.st_ino)


class Entry(NamedTuple):
    """One name in a folder; `mark` is None for what is neither a plain file nor a folder."""

    name: str
    is_folder: bool
    mark: Mark | None


@attrs.frozen
class Order:
    """A file to be written: in the place of the version `expected`; None: of nothing at all."""

    path: str
    content: bytes
    expected: str | None


def content_hash(content: bytes) -> str:
    """Return the version of a file with this content."""
    return hashlib.sha256(content).hexdigest()


class Spread(Protocol):
    """What `map` is, and that of a pool of threads."""

    def __call__(self, work: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]: ...


@attrs.define(eq=False)
class _Draft:
    """A file on its way: written under another name, flushed, then named."""

    order: Order
    settled: bool = False
    mark: Mark | None = None
    failed: Exception | None = None
    _fd: int | None = None

    @property
    def name(self) -> str:
        return os.path.split(self.order.path)[1]

    @property
    def temporary(self) -> str:
        return f".{hashlib.sha256(os.fsencode(self.name)).hexdigest()[:16]}.syncline-tmp"

    @property
    def end(self) -> Mark | Exception:
        return self.failed or self.mark or OSError(errno.EIO, "it was not written")

    def fill(self, parent: int) -> None:
        """Write the temporary file; a left-over of a crash is overwritten."""
        mode = _mode(self.name, parent)
        self._fd = os.open(self.temporary, _CREATE, 0o666, dir_fd=parent)
        with open(self._fd, "wb", closefd=False) as file:
            file.write(self.order.content)
        if mode is not None:
            os.fchmod(self._fd, mode)

    def flush(self) -> None:
        """Bring it to the disk, and close it."""
        if self._fd is None:
            return
        with _noted([self]):
            if self.failed is None:
                os.fsync(self._fd)
                self.mark = Mark.of(os.fstat(self._fd))
        fd, self._fd = self._fd, None
        os.close(fd)

    def clear(self, parent: int) -> None:
        """Leave nothing of a file that did not get its name."""
        if not self.settled:
            with suppress(FileNotFoundError):
                os.unlink(self.temporary, dir_fd=parent)


@contextmanager
def _noted(drafts: Sequence[_Draft]) -> Iterator[None]:
    """Note what fails here as the end of each draft that has not failed before."""
    try:
        yield
    except (OSError, Changed) as error:
        for draft in drafts:
            draft.failed = draft.failed or error


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
        (end,) = self.write_all([Order(path, content, expected)], map)
        if isinstance(end, Exception):
            raise end
        return end

    def write_all(self, orders: Sequence[Order], spread: Spread) -> list[Mark | Exception]:
        """Like `write`, for several files: each folder is flushed once, after its last file.

        What would be raised about a file is returned in its place, and stops no other.

        Args:
            spread: a `map`, perhaps of some threads: flushes to a disk wait for each other gladly.
        """
        drafts = [_Draft(order) for order in orders]
        by_folder: dict[str, list[_Draft]] = {}
        for draft in drafts:
            by_folder.setdefault(os.path.split(draft.order.path)[0], []).append(draft)
        for folder, here in by_folder.items():
            with _noted(here), self._folder(folder, create=True) as parent:
                self._put(here, parent, spread)
        return [draft.end for draft in drafts]

    def _put(self, drafts: Sequence[_Draft], parent: int, spread: Spread) -> None:
        try:
            for draft in drafts:
                with _noted([draft]):
                    draft.fill(parent)
            list(spread(_Draft.flush, drafts))
            for draft in drafts:
                with _noted([draft]):
                    self._settle(draft, parent)
            os.fsync(parent)
        finally:
            for draft in drafts:
                draft.clear(parent)

    def _settle(self, draft: _Draft, parent: int) -> None:
        """Give a file its name, once all of it is on the disk."""
        if draft.failed is not None:
            return
        order = draft.order
        if order.expected is None:
            _settle(draft.temporary, draft.name, parent, parent)
        else:
            self._check(order.path, order.expected)
            os.rename(draft.temporary, draft.name, src_dir_fd=parent, dst_dir_fd=parent)
        draft.settled = True

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
