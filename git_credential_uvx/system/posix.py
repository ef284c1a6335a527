"""What depends on the platform, for POSIX systems: Linux, macOS, the BSDs.

Every module reaches it as `system.platform`. What needs more than `os` is imported where it is
used, because every Git operation loads this file. The functions raise OSError.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from signal import Signals
    from typing import IO, Any, NoReturn, TextIO


NEUTRAL_FOLDER = "/"  # where a program starts that must not see the working folder

# Opening must not wait for somebody at the other end of a FIFO, nor take a terminal over.
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


# The process and its user


def forbid_core_dumps() -> None:
    """Keep secrets out of core files. A limit of 1 byte also stops a system that pipes them to a
    program (core(5)), and is less than any file needs."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard != 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, hard))


def has_rights_of_another() -> bool:
    """Whether the user who started this process is not the one whose rights it has."""
    return os.getuid() != os.geteuid()


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.geteuid() == 0


def home(environ: Mapping[str, str]) -> str:
    """The home folder; "" for none."""
    named = environ.get("HOME")
    if named:
        return named
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""


def session_folder(platform: str) -> str:
    """The user's private folder for temporary files if `sys.platform` has one, else ""."""
    if platform != "darwin":
        return ""
    try:
        return os.confstr(65537) or ""  # _CS_DARWIN_USER_TEMP_DIR
    except (OSError, ValueError):
        return ""


# Who may read and change a file


def is_own(status: os.stat_result) -> bool:
    """Whether a file belongs to this user or to root."""
    return status.st_uid in (os.geteuid(), 0)


def is_changeable(status: os.stat_result) -> bool:
    """Whether this user may change the permissions of a file."""
    return os.geteuid() in (0, status.st_uid)


def is_writable_by_all(status: os.stat_result) -> bool:
    """Whether every user may write to a file or folder."""
    return bool(status.st_mode & stat.S_IWOTH)


def is_replaceable_by_all(status: os.stat_result) -> bool:
    """Whether every user can replace what others have in a folder; a sticky bit prevents it."""
    return status.st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH


def is_writable_by_group(status: os.stat_result) -> bool:
    """Whether a group other than the user's own may change a file, or what is in a folder.

    If root uses the files of another user, their group is that user's matter. In a folder with the
    sticky bit nobody can replace a file of another user.
    """
    return (
        status.st_mode & (stat.S_IWGRP | stat.S_ISVTX) == stat.S_IWGRP
        and status.st_gid != os.getegid()
        and is_own(status)
    )


def is_readable_by_others(status: os.stat_result) -> bool:
    """Whether any other user may read a file."""
    return bool(status.st_mode & (stat.S_IRGRP | stat.S_IROTH))


def is_open_to_others(status: os.stat_result) -> bool:
    """Whether any other user may do anything with a file."""
    return bool(status.st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def is_read_only(status: os.stat_result) -> bool:
    """Whether a file is marked as one that nobody writes to."""
    return not status.st_mode & 0o222


def give(descriptor: int, folder: os.stat_result) -> None:
    """Let a new file belong to the owner of its folder, so that root locks nobody out."""
    if is_root() and folder.st_uid != 0:
        os.fchown(descriptor, folder.st_uid, folder.st_gid)


def make_like(descriptor: int, status: os.stat_result) -> None:
    """Give a new file the owner, group and mode of another.

    Only root can give a file to any group. If the group stays another one, it and everybody else
    may do what both could before.
    """
    mine = os.fstat(descriptor)
    mode = stat.S_IMODE(status.st_mode)
    if mine.st_uid != status.st_uid:
        os.fchown(descriptor, status.st_uid, -1)
    if mine.st_gid != status.st_gid:
        try:
            os.fchown(descriptor, -1, status.st_gid)
        except PermissionError:
            both = mode >> 3 & mode & stat.S_IRWXO
            mode = mode & stat.S_IRWXU | both << 3 | both
    os.fchmod(descriptor, mode)


# Opening, reading and writing


def open_folder(path: str) -> int:
    """An open folder, to which names can be relative."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def open_to_read(path: str, folder: int | None = None) -> int:
    """An open file of any kind, for reading, without waiting for it."""
    return os.open(path, _READ, dir_fd=folder)


def create(path: str, folder: int | None = None, *, is_private: bool = True) -> int:
    """A new file for writing, private to this user or with the usual mode; its name must not
    exist."""
    descriptor = os.open(path, _CREATE, 0o600 if is_private else 0o666, dir_fd=folder)
    if is_private:
        os.fchmod(descriptor, 0o600)  # the umask can have taken more away
    return descriptor


def open_to_append(path: str) -> int:
    """A regular file of this user's for appending, made with mode 0600, and no symlink."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1:
        return descriptor
    os.close(descriptor)
    raise PermissionError(1, "not a regular file of this user", path)


def append_line(descriptor: int, text: str) -> None:
    """Add a line in one write, so that lines of several processes do not mix; an error is
    ignored."""
    try:
        os.write(descriptor, f"{text}\n".encode(errors="backslashreplace"))
    except OSError:
        pass


def open_in_place(name: str, folder: int) -> int:
    """An existing file for writing over its bytes, which only this user can read from then on."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
    os.fchmod(descriptor, 0o600)
    return descriptor


def make_folder(path: str, owner: os.stat_result) -> None:
    """Make a folder that only this user can use, or for root the owner of the one above it."""
    os.mkdir(path, 0o700)
    if is_root() and owner.st_uid != 0:
        os.chown(path, owner.st_uid, owner.st_gid)


def read_at(descriptor: int, position: int, size: int) -> bytes:
    """At most `size` bytes from `position` on, none at the end."""
    return os.pread(descriptor, size, position)


def sync(descriptor: int) -> None:
    """Wait until a file is on the disk."""
    import errno
    import fcntl

    full = getattr(fcntl, "F_FULLFSYNC", None)  # on macOS fsync leaves it in the disk's cache
    if full is not None:
        try:
            fcntl.fcntl(descriptor, full)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                raise
        else:
            return
    os.fsync(descriptor)


def sync_folder(descriptor: int) -> None:
    """Wait until the names in a folder are on the disk, if its file system can do that."""
    import errno

    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise


def version(status: os.stat_result) -> tuple[int, ...]:
    """Numbers that differ once a file was written or replaced."""
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


# Locks


def open_lock(name: str, folder: int, *, exclusive: bool) -> tuple[int, bool]:
    """A file to be locked, and whether it is new."""
    # On NFS an exclusive lock needs a descriptor that could write.
    flags = (os.O_RDWR if exclusive else os.O_RDONLY) | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(name, flags, dir_fd=folder), False
    except FileNotFoundError:
        return os.open(name, flags | os.O_CREAT, 0o600, dir_fd=folder), True


def try_lock(descriptor: int, *, exclusive: bool) -> bool:
    """Lock a file; False if another process keeps it locked."""
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# Programs


def wait_readable(descriptor: int, seconds: float) -> bool:
    """Wait for something to read, or for the end; False if there is nothing in time."""
    import select

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(1000 * seconds))


def kill_session(leader: int) -> None:
    """Kill a process that began a session, and all in its group. Nobody may have waited for it,
    because its number could be another one's then."""
    import signal

    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def become(argv: tuple[str, ...], environ: Mapping[str, str]) -> NoReturn:
    """Replace this process by a program."""
    import signal

    # Python ignores these two, and the program would inherit that.
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.execvpe(argv[0], argv, environ)  # noqa: S606


# Terminals and signals


def ending_signals() -> tuple[Signals, ...]:
    """The signals besides that of Ctrl-C that ask a process to end."""
    from signal import SIGHUP, SIGQUIT, SIGTERM

    return (SIGTERM, SIGHUP, SIGQUIT)


def to_nothing(descriptor: int) -> None:
    """Let a standard stream lead to nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, descriptor)
    if nothing != descriptor:
        os.close(nothing)


def null_stream(descriptor: int, mode: str) -> IO[str]:
    """A standard stream that leads to nothing, under its own number."""
    to_nothing(descriptor)
    return os.fdopen(descriptor, mode, errors="backslashreplace", closefd=False)


def open_terminal() -> TextIO:
    """The terminal that standard input is, for writing."""
    return open(os.ttyname(0), "w", encoding="utf-8")


def open_input() -> tuple[int, list[Any]]:
    """A descriptor of the terminal that a person types at, and its settings."""
    import termios

    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        descriptor = os.dup(0)
    return descriptor, termios.tcgetattr(descriptor)


def hide_input(descriptor: int, before: list[Any]) -> None:
    """Let the terminal not show what is typed, and hand over each byte at once.

    A line that the terminal edits itself is cut after 4095 bytes on Linux, and after 1023 on macOS.
    """
    import termios

    flags = before[3] & ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    keys = [*before[6]]
    keys[termios.VMIN], keys[termios.VTIME] = 1, 0
    _set_terminal(descriptor, [*before[:3], flags, *before[4:6], keys])


def close_input(descriptor: int, before: list[Any]) -> None:
    """Leave the terminal with its settings, without what was typed and not read."""
    try:
        _set_terminal(descriptor, before)
    except OSError:
        pass  # the terminal was closed
    finally:
        os.close(descriptor)


def _set_terminal(descriptor: int, settings: list[Any]) -> None:
    import termios

    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, settings)
    except termios.error as error:  # is no OSError
        raise OSError(*error.args) from None
