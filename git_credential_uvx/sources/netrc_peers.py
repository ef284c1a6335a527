"""How git and uv read a netrc file, for what is said about them. No input or output.

Our own source goes by `netrc_format`. Neither of the two knows `port` and `protocol`, both look at
the host alone, and both use what is wrong or missing as it stands:

* git leaves the file to libcurl, which takes the words after `login` and `password` and ignores all
  others. The first entry of the host with both answers, or the first one with the login of the URL.
  A `default` answers where it stands. At a quote without an end, it ignores the file. Some versions
  also send the password of another login, or none; a server refuses that, and Git asks a helper.
* uv reads it like Python's netrc module. The last entry of the host answers, or else `default`, if
  it has the login that is asked for. At a word that it does not know, it ignores the whole file.
"""

from __future__ import annotations

from ..credential import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = b" \t\r\n"
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class PeerEntry:
    """What one of the programs finds: login and password, empty where the file has none, and the
    line (from 1) of the entry."""

    __slots__ = ("line", "login", "password")

    def __init__(self, line: int) -> None:
        self.line = line
        self.login = b""
        self.password = Secret(b"")


def read_by_git(data: bytes, host: str, login: bytes | None) -> PeerEntry | None:
    """What git finds for a host before it asks a helper; None for nothing.

    `login` is the username of the URL. One of Git's configuration does not count here.
    """
    reader = _Curl(host, login)
    try:
        reader.read(data)
    except ValueError:
        return None
    return reader.found


class _Curl:
    """libcurl's reader: of the words behind its host, it takes those after `login` and
    `password`."""

    __slots__ = ("_entry", "_host", "_key", "_login", "_state", "found")

    def __init__(self, host: str, login: bytes | None) -> None:
        self._host = host.strip("[]").lower().encode()
        self._login = login or None
        self._entry = PeerEntry(0)
        self._key = b""  # `login` or `password`, whose value comes next
        self._state = ""  # "name" before that of a machine, "entry" in one of the host, "macro"
        self.found: PeerEntry | None = None

    def read(self, data: bytes) -> None:
        """Look for the entry. Raises ValueError for a quote without an end before it."""
        for number, line in enumerate(data.split(b"\n"), 1):
            if self._state == "macro" and line.strip(b"\r"):
                continue
            self._state = "" if self._state == "macro" else self._state
            for word in _words_of_curl(line.partition(b"\0")[0]):
                self._take(number, word)
                if self.found is not None:
                    return
        if self._login is None and self._entry.password.reveal():
            self.found = self._entry  # the last one may lack a login

    def _take(self, number: int, word: bytes) -> None:
        known = word.lower()
        if self._state == "name":
            self._state = "entry" if known == self._host else ""
        elif self._state == "entry" and self._key:
            self._take_value(word)
        elif known in (b"machine", b"default"):
            self._entry = PeerEntry(number)
            self._state = "name" if known == b"machine" else "entry"
        elif self._state == "" and known == b"macdef":
            self._state = "macro"
        elif self._state == "entry" and known in (b"login", b"password"):
            self._key = known

    def _take_value(self, word: bytes) -> None:
        entry, key, self._key = self._entry, self._key, b""
        if key == b"login":
            entry.login = word
        else:
            entry.password = Secret(word)
        wanted = entry.login == self._login if self._login is not None else bool(entry.login)
        if wanted and entry.password.reveal():
            self.found = entry


def _words_of_curl(line: bytes) -> Iterator[bytes]:
    """The words of a line. Raises ValueError for a quote without an end."""
    at = 0
    while True:
        while line[at : at + 1] in (b" ", b"\t"):
            at += 1
        if line[at : at + 1] in (b"", b"#"):
            return
        if line[at : at + 1] == b'"':
            word, at = _quoted_by_curl(line, at + 1)
        else:
            end = at
            while end < len(line) and line[end] not in b" \t\r\n\v\f":
                end += 1
            word, at = line[at:end], end + 1
        yield word


def _quoted_by_curl(line: bytes, at: int) -> tuple[bytes, int]:
    word = b""
    while at < len(line):
        byte = line[at : at + 1]
        at += 1
        if byte == b'"':
            return word, at + 1  # whatever stands right behind the quote is lost
        if byte == b"\\":
            byte = line[at : at + 1]
            byte = _ESCAPES.get(byte, byte)
            at += 1
        word += byte
    raise ValueError


def read_by_uv(data: bytes, host: str, login: bytes | None) -> tuple[PeerEntry | None, int]:
    """What uv sends to a host, None for nothing; and the line for which it ignores the whole file,
    0 for none."""
    hosts: dict[bytes, PeerEntry] = {}
    reader = _Python(data)
    try:
        reader.read(hosts)
    except ValueError:
        return None, reader.line
    found = hosts.get(host.encode()) or hosts.get(b"default")
    if found is None or login not in (None, found.login):
        return None, 0
    return found, 0


class _Python:
    """The reader of Python's netrc module as uv has it, with its view of comments."""

    __slots__ = ("_at", "_data", "_lines", "_pushed", "line")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._lines = 1  # as the reader counts them: not those that it skips
        self._pushed: bytes | None = None
        self.line = 1  # of the last word

    def read(self, hosts: dict[bytes, PeerEntry]) -> None:
        """Read all entries. Raises ValueError at a word that is not expected."""
        while True:
            before = self._lines
            word = self._word()
            if not word:
                return
            if word.startswith(b"#"):
                if self._lines == before:
                    self._rest_of_line()
            elif word == b"macdef":
                self._word()
                while self._rest_of_line().strip():
                    pass
            elif word in (b"machine", b"default"):
                entry = PeerEntry(self.line)
                name = self._word() if word == b"machine" else word
                if not name:
                    raise ValueError
                self._read_entry(entry)
                hosts[name] = entry
            else:
                raise ValueError

    def _read_entry(self, entry: PeerEntry) -> None:
        while True:
            before = self._lines
            word = self._word()
            if word.startswith(b"#"):
                if self._lines == before:
                    self._rest_of_line()
            elif word in (b"", b"machine", b"default", b"macdef"):
                self._pushed = word
                return
            elif word in (b"login", b"user"):
                entry.login = self._word()
            elif word == b"password":
                entry.password = Secret(self._word())
            elif word == b"account":
                self._word()
            else:
                raise ValueError

    def _byte(self) -> bytes:
        byte = self._data[self._at : self._at + 1]
        self._at += 1
        self._lines += byte == b"\n"
        return byte

    def _rest_of_line(self) -> bytes:
        end = self._data.find(b"\n", self._at)
        end = len(self._data) if end < 0 else end
        line, self._at = self._data[self._at : end], end + 1
        return line

    def _word(self) -> bytes:
        if self._pushed is not None:
            word, self._pushed = self._pushed, None
            return word
        byte = self._byte()
        while byte and byte in _BLANKS:
            byte = self._byte()
        self.line = self._data.count(b"\n", 0, max(self._at - 1, 0)) + 1
        quoted = byte == b'"'
        ends = b'"' if quoted else _BLANKS
        if quoted:
            byte = self._byte()
        word = b""
        while byte and byte not in ends:
            word += (self._byte() or b" ") if byte == b"\\" else byte
            byte = self._byte()
        return word
