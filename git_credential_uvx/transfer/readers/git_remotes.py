"""Git's configuration: remotes and rewrites with userinfo, and headers with an Authorization.

git itself says what the configuration is (`git config --list -z`), with every include and each
file apart; a URL is then looked for in the bytes of its file. What it holds goes in for the
whole host, because that is what Git asks for.
"""

from __future__ import annotations

import os
from binascii import Error, a2b_base64
from dataclasses import replace
from typing import TYPE_CHECKING

from ...credential import Credential, Secret
from ...errors import ProgramError, ServiceError, SourceError
from ...system.checkout import git_configs, is_below
from ...system.programs import ask_git, run_git
from ...urls.parts import split_url, without_userinfo
from ...urls.service import service_from_git
from ..rows import Found, Lines, Places, Refused, Row, SourceFile
from ..userinfo import from_url
from . import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LISTING = "listing"  # the name in `beside` of what git says about the file

_LIST = ("--list", "-z")
_NOTE = "a header, which 'git config --unset-all' can remove"


class GitRemotes(Reader):
    first_counts = True

    def paths(self, places: Places) -> list[str]:
        """The user's own configuration."""
        named = places.environ.get("GIT_CONFIG_GLOBAL")
        if named is not None:
            return [named] if named.startswith("/") else []
        return [*places.config("git", "config"), *places.at_home(".gitconfig")]

    def checkout_paths(self, places: Places) -> list[str]:
        """The working folder. git says which files it reads there."""
        return [places.folder] if places.folder else []

    def files_at(self, path: str, places: Places) -> Iterator[SourceFile]:
        """The files that git reads in a checkout, each with what git says about it; or one file.

        Raises SourceError.
        """
        if not os.path.isdir(path):
            # If it is a file that cannot be read, that shows when it is read.
            words = ("config", "--file", os.path.abspath(path), *_LIST)
            listing = _listing(path, words, places) if os.path.isfile(path) else b""
            yield SourceFile(b"", path, {LISTING: listing})
            return
        base = ask_git(("-C", path, "rev-parse", "--show-toplevel"), places.environ, bare=True)
        top = os.fsdecode(base.removesuffix(b"\n")) or path
        all_files = ("-C", path, "config", *_LIST, "--show-origin", "--show-scope")
        listing = _listing(path, all_files, places)
        tops = _own_folders(path, places)
        for origin, (said, is_user) in origins(listing).items():
            kind, _, name = origin.partition(b":")
            if kind == b"file":
                file = os.path.normpath(os.path.join(top, os.fsdecode(name)))
                real = os.path.realpath(file)
                is_own = is_user or any(is_below(real, top) for top in tops)
                yield SourceFile(b"", file, {LISTING: said}, foreign=not is_own)

    def read(self, file: SourceFile) -> list[Row]:
        """A row for each secret in what git says about a file."""
        rows: list[Row] = []
        lines = Lines(file.data)
        used = 0
        for key, value in pairs(file.beside.get(LISTING, b"")):
            section, _, rest = key.partition(b".")
            subsection, _, name = rest.rpartition(b".")
            if section == b"http" and name == b"extraheader":
                row = _header(subsection, value, lines.of(max(file.data.find(value), 0)))
            else:
                url = _url(section, subsection, name, value)
                at = file.data.find(url, used) if url else -1
                row = from_url(url, "git", lines.of(at), at) if at >= 0 else None
                row = row if at >= 0 else from_url(url, "git", 1)
                used = at + len(url) if row is not None and at >= 0 else used
            if row is not None:
                rows.append(row)
        return rows

    def changed(
        self, file: SourceFile, data: bytes, environ: Mapping[str, str]
    ) -> SourceFile | None:
        """The file with this new data; None if git reads more than other userinfo out of it."""
        words = ("config", "--file", "-", *_LIST)
        old, new = (ask_git(words, environ, text) for text in (file.data, data))
        if not new or not same(old, new):
            return None
        return replace(file, data=data, beside={LISTING: new})


def _own_folders(path: str, places: Places) -> set[str]:
    """Git's folders of the checkout at a path, if they are its own."""
    try:
        configs = git_configs(path, places.environ)
    except SourceError:  # another user's, of which git lists nothing
        return set()
    return {os.path.dirname(config) for config, is_own in configs.items() if is_own}


def _listing(path: str, words: Iterable[str], places: Places) -> bytes:
    """What git says about a configuration, nothing without a git. Raises SourceError."""
    try:
        done = run_git(words, places.environ, bare=True)
    except ProgramError:
        return b""
    if done.status != 0:
        raise SourceError(f"git cannot read the configuration of '{path}'")
    return done.stdout


def origins(listing: bytes) -> dict[bytes, tuple[bytes, bool]]:
    """What `git config --list --show-origin --show-scope -z` says, by the file or other origin,
    and whether that is the user's own or the machine's."""
    words = listing.split(b"\0")
    found: dict[bytes, tuple[bytes, bool]] = {}
    for scope, origin, pair in zip(words[::3], words[1::3], words[2::3], strict=False):
        said, is_user = found.get(origin, (b"", False))
        found[origin] = said + pair + b"\0", is_user or scope in (b"system", b"global")
    return found


def pairs(listing: bytes) -> list[tuple[bytes, bytes]]:
    """Keys and values of `git config --list -z`."""
    lines = (line.partition(b"\n") for line in listing.split(b"\0") if line)
    return [(key, value) for key, _, value in lines]


def _url(section: bytes, subsection: bytes, name: bytes, value: bytes) -> bytes:
    if section == b"remote" and name in (b"url", b"pushurl"):
        return value
    return subsection if section == b"url" and name in (b"insteadof", b"pushinsteadof") else b""


def _header(url: bytes, value: bytes, line: int) -> Row | None:
    name, _, text = value.partition(b":")
    if name.strip().lower() != b"authorization":
        return None
    scheme, _, secret = text.strip().partition(b" ")
    if not url:
        return Refused("the header is not limited to a host", line, broken=False)
    try:
        protocol, host, _, _, _ = split_url(url)
        credential = _authorization(scheme.lower(), secret.strip())
        return Found(service_from_git(protocol, host, None), credential, line, note=_NOTE)
    except ServiceError:
        return Refused("a header is not for a URL, or has no credential", line)


def _authorization(scheme: bytes, secret: bytes) -> Credential:
    if scheme == b"bearer" and secret:
        return Credential(None, Secret(secret), authtype=b"Bearer")
    try:
        username, colon, password = a2b_base64(secret, strict_mode=True).partition(b":")
    except Error:
        raise ServiceError("it is not base64") from None
    odd = any(byte in username + password for byte in b"\n\r\0")
    if scheme != b"basic" or not colon or not password or odd:
        raise ServiceError("it is not a username and password")
    return Credential(username, Secret(password))


def same(before: bytes, after: bytes) -> bool:
    """Whether two listings differ in nothing but the userinfo of URLs."""
    return [_bare(pair) for pair in pairs(before)] == [_bare(pair) for pair in pairs(after)]


def _bare(pair: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    return tuple(without_userinfo(text) for text in pair)


READER = GitRemotes()
