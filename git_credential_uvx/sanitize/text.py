"""Takes the secrets out of the URLs of any text, whole or in chunks.

Both forms give the same, wherever the chunks end. A chunk waits until the URL at its end and the
line around a secret are known, which is at most `LONGEST_RUN` and `COMMENT_REACH` bytes.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from itertools import chain
from typing import TYPE_CHECKING

from ..credential import Secret
from .authority import USE_REACH, service_of, use_of
from .cuts import path_of, shown, verdicts
from .encoded import LONGEST_SCHEME
from .findings import Cut, Sanitized, SecretFinding
from .runs import QUOTE_REACH, Finder, OpenRun, Run, end_of_overlong, open_run, run_at
from .templates import is_markup, known_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..urls.tokens import IsAccount
    from .runs import Segment

# Fewer bytes are not worth a look of their own.
BLOCK = 1 << 18

_COMMENT = b"git-credential-uvx: allow"

# How far from a URL, in bytes, the comment may be on its line.
COMMENT_REACH = 4096

# What stays of the text before, for the scheme, the quote and the comment of what comes.
_CONTEXT = max(LONGEST_SCHEME + QUOTE_REACH, COMMENT_REACH)

# A separator that is not whole yet, with its scheme.
_PARTIAL = LONGEST_SCHEME + 48
_RARE = b"@?#"
_CONTINUATIONS = bytes(range(0x80, 0xC0))
_UTF16_SEPARATOR = ":/".encode("utf-16-le")


def sanitize_bytes(
    text: bytes, *, use: str | None = None, path: str = "", is_account: IsAccount | None = None
) -> Sanitized:
    """Any text without the secrets of its URLs, and what was taken out.

    `use` is what its URLs are for, if the caller knows: "git" for Git's configuration. `path` is
    the name of the file: it tells which templates the text knows, see `templates`. `is_account`
    tells which usernames are accounts in the store, and not tokens.
    Raises nothing: a URL that programs read differently stays, with a finding "refused".
    """
    return Sanitizer(use=use, path=path, is_account=is_account).close(text)


def sanitize_chunks(
    chunks: Iterable[bytes],
    *,
    use: str | None = None,
    path: str = "",
    clean: bool = True,
    is_account: IsAccount | None = None,
) -> Iterator[Sanitized]:
    """The same for a text in chunks, in memory that does not grow with it.

    Without `clean` there are only findings, which is faster.
    """
    sanitizer = Sanitizer(use=use, path=path, clean=clean, is_account=is_account)
    for chunk in chunks:
        yield sanitizer.feed(chunk)
    yield sanitizer.close()


def is_utf16(text: bytes) -> bool:
    """Whether a text, or the start of one, has a byte order mark or a URL in UTF-16.

    PowerShell on Windows writes such files and pip reads them. They are searched, not rewritten.
    """
    return _encoding(text) is not None


def _encoding(text: bytes) -> str | None:
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    at = text.find(_UTF16_SEPARATOR)
    return None if at < 0 else "utf-16-be" if at % 2 else "utf-16-le"


def has_secret_in_utf16(chunks: Iterable[bytes], path: str) -> bool:
    """Whether a text in UTF-16 has a finding that no comment allows."""
    parts = sanitize_chunks(_as_utf8(chunks), path=path, clean=False)
    return any(not found.allowed for part in parts for found in part.findings)


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(chunks)
    first = next(rest, b"")
    decoder = getincrementaldecoder(_encoding(first) or "utf-16")("replace")
    for chunk in chain([first], rest):
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


class _Place:
    """Line and column (from 1, in code points) of a position that only goes forward."""

    def __init__(self) -> None:
        self.line = self.column = 1
        self._position = 0

    def move(self, text: bytes, base: int, position: int) -> None:
        """Go to a position of the whole text, of which `text` is the part from `base` on."""
        if position <= self._position:
            return
        start, end = self._position - base, position - base
        lines = text.count(b"\n", start, end)
        if lines:
            self.line += lines
            self.column = 1
            start = text.rfind(b"\n", start, end) + 1
        self.column += _code_points(text[start:end])
        self._position = position


def _is_allowed(text: bytes, start: int, end: int) -> bool:
    """Whether the line around these bytes has the comment that allows what is in it."""
    floor = max(0, start - COMMENT_REACH)
    first = text.rfind(b"\n", floor, start) + 1 or floor
    ceiling = min(len(text), end + COMMENT_REACH)
    last = text.find(b"\n", end, ceiling)
    return text.find(_COMMENT, first, ceiling if last < 0 else last) >= 0


def _code_points(text: bytes) -> int:
    return len(text if text.isascii() else text.translate(None, _CONTINUATIONS))


class _Overlong:
    """A run that is too long to look into: where it began, and whether it may hold a secret."""

    def __init__(self, run: OpenRun, base: int, scheme: bytes, place: _Place) -> None:
        self.start = base + run.separator + 3
        self.quote = run.quote
        self.scheme = scheme.decode("ascii")
        self.line, self.column = place.line, place.column
        self.length = 0
        self.rare = False

    def take(self, passed: bytes) -> None:
        self.length += _code_points(passed)
        self.rare = self.rare or any(byte in passed for byte in _RARE)

    def finding(self, end: int) -> SecretFinding:
        return SecretFinding(
            kind="refused",
            start=self.start,
            end=end,
            line=self.line,
            column=self.column,
            end_column=self.column + self.length,
            redacted=f"{self.scheme}://****",
            mask=b"****",
            url=(self.start, end),
        )


class Sanitizer:
    """Chunks in, clean chunks and findings out. `close` gives what was held back."""

    def __init__(
        self,
        *,
        use: str | None = None,
        path: str = "",
        clean: bool = True,
        is_account: IsAccount | None = None,
    ) -> None:
        self._use = use
        self._is_account = is_account
        self._keeps_clean = clean
        self._styles = known_in(path)
        self._is_markup = is_markup(path)
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._text = b""
        self._base = 0
        self._done = 0
        self._place = _Place()
        self._overlong: _Overlong | None = None
        self._clean: list[bytes] = []
        self._findings: list[SecretFinding] = []
        self._names: list[SecretFinding] = []

    def feed(self, chunk: bytes) -> Sanitized:
        """Take a chunk; what is returned may end before it."""
        self._waiting.append(chunk)
        self._waiting_size += len(chunk)
        # Twice what is held back, so that no byte is looked at again and again.
        if self._waiting_size < max(BLOCK, 2 * (len(self._text) - self._done)):
            return Sanitized(b"", ())
        return self._advance(final=False)

    def close(self, chunk: bytes = b"") -> Sanitized:
        """The last chunk, and the rest. The sanitizer is at the end then."""
        self._waiting.append(chunk)
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> Sanitized:
        kept = [part for part in (self._text, *self._waiting) if part]
        self._text = kept[0] if len(kept) == 1 else b"".join(kept)
        self._waiting, self._waiting_size = [], 0
        held = self._scan(final=final)
        self._emit(held)
        self._forget()
        given = Sanitized(b"".join(self._clean), tuple(self._findings), tuple(self._names))
        self._clean, self._findings, self._names = [], [], []
        return given

    def _scan(self, *, final: bool) -> int:
        """Go through the text; where what has to wait for more begins."""
        text = self._text
        finder = Finder(text, markup=self._is_markup)
        position = self._skip(self._done, final=final) if self._overlong else self._done
        while (separator := finder.separator(position)) >= 0:
            run = run_at(text, separator, final=final)
            if isinstance(run, OpenRun):
                if run.overlong:
                    position = self._begin_overlong(run, final=final)
                    continue
                if not final:
                    return run.start
                run = Run(run.start, separator, len(text), run.quote)
            found = verdicts(text, run, self._styles, self._is_account)
            if found and not final and not self._line_is_known(run.end):
                return run.start
            allowed = bool(found) and _is_allowed(text, run.start, run.end)
            for segment, cuts in found:
                self._take(segment, cuts, allowed=allowed)
            position = run.end
        if final or position == len(text):
            return len(text)
        opened, position = open_run(text, position)
        if opened is None:
            return max(position, len(text) - _PARTIAL)
        return self._begin_overlong(opened, final=final) if opened.overlong else opened.start

    def _line_is_known(self, end: int) -> bool:
        return len(self._text) >= end + COMMENT_REACH or self._text.find(b"\n", end) >= 0

    def _begin_overlong(self, run: OpenRun, *, final: bool) -> int:
        start = run.separator + 3
        self._place.move(self._text, self._base, self._base + start)
        scheme = self._text[run.start : run.separator].lower()
        self._overlong = _Overlong(run, self._base, scheme, self._place)
        return self._skip(start, final=final)

    def _skip(self, position: int, *, final: bool) -> int:
        overlong = self._overlong
        assert overlong is not None  # noqa: S101
        end = end_of_overlong(self._text, position, overlong.quote)
        stop = len(self._text) if end < 0 else end
        overlong.take(self._text[position:stop])
        if end >= 0 or final:
            if overlong.rare:
                self._findings.append(overlong.finding(self._base + stop))
            self._overlong = None
        return stop

    def _take(self, segment: Segment, cuts: list[Cut], *, allowed: bool) -> None:
        text = self._text
        redacted = shown(text, segment, cuts)
        path = path_of(text, segment)
        before = text[max(0, segment.start - USE_REACH) : segment.start]
        use = self._use or use_of(segment.scheme, path, before)
        authority = text[segment.authority : segment.authority_end]
        service = service_of(segment.scheme, authority.rpartition(b"@")[2], path, use)
        for cut in cuts:
            start, end = self._base + cut.start, self._base + cut.end
            self._place.move(text, self._base, start)
            line, column = self._place.line, self._place.column
            finding = SecretFinding(
                kind=cut.kind,
                start=start,
                end=end,
                line=line,
                column=column,
                end_column=column + _code_points(text[cut.start : cut.end].splitlines()[0]),
                redacted=redacted,
                mask=cut.mask,
                url=(self._base + segment.start, self._base + segment.end),
                service=None if cut.kind == "refused" else service,
                username=cut.username,
                secret=None if cut.secret is None else Secret(cut.secret),
                use=use,
                name=cut.name,
                allowed=allowed,
            )
            (self._names if cut.kind == "login" else self._findings).append(finding)
            if finding.removed:
                self._emit(cut.start)
                self._done = cut.end

    def _emit(self, end: int) -> None:
        if end > self._done:
            if self._keeps_clean:
                self._clean.append(self._text[self._done : end])
            self._done = end

    def _forget(self) -> None:
        gone = self._done - _CONTEXT
        if gone > 0:
            self._place.move(self._text, self._base, self._base + gone)
            self._text = self._text[gone:]
            self._base += gone
            self._done -= gone
