"""`sanitize --staged` and `sanitize --history`: the files that Git has, not those of the folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from .. import __version__
from ..errors import SourceError, UvxError, printable
from ..sanitize.files import Checked, Rules, check, named_by_text_of
from ..sanitize.redact import redact
from ..sanitize.report.commits import json_with_commits, sarif_with_commits
from ..sanitize.report.formats import as_json, as_text
from ..sanitize.report.sarif import as_sarif
from ..sanitize.text import has_secret_in_utf16, is_utf16
from ..system.checkout import is_excluded
from ..system.commits import check_ranges, cut_off, history, is_partial, missing_blobs, staged
from ..system.running_git import FSCK, Objects
from .common import counted, print_error, say, trace
from .sanitize_advice import advise, advise_to_stage
from .sanitize_files import whole
from .sanitize_report import report, show_diff, summarize, tell_of_staying

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..sanitize.findings import SecretFinding
    from ..system.commits import FileVersion
    from ..system.running_git import Blob

_SHORT = 12  # digits of a commit's hash; Git finds a commit by them in any repository


@dataclass(slots=True)
class GitOptions:
    """What was asked for of the files that Git has."""

    mode: str
    format: str
    exclude: Sequence[str]
    rules: Rules


@dataclass(slots=True)
class _Past:
    """A file of a commit with the secrets that this commit brought."""

    version: FileVersion
    findings: list[SecretFinding]


def look_at_staged(paths: Sequence[str], options: GitOptions) -> int:
    """Report the secrets in what the next commit adds or changes; the exit status."""
    top, versions = staged(paths, os.environ)
    found: list[Checked] = []
    failed = False
    with Objects(os.environ) as objects:
        for version in versions:
            if is_excluded(version.path, options.exclude):
                continue
            shown = os.path.relpath(os.path.join(top, version.path)).replace(os.sep, "/")
            try:
                blob = _blob(objects, version, shown)
                checked = _look_at(blob, shown, options.rules)
                if checked is not None and (checked.findings or checked.names or checked.tokens):
                    found.append(checked)
                    if options.mode == "diff" and checked.open:
                        text = whole(blob.chunks(), f"'{shown}'")
                        show_diff(checked, text, named_by_text_of(checked))
                        tell_of_staying(checked)
            except UvxError as error:
                print_error(str(error))
                failed = True
    if options.mode != "diff":
        report(found, options.format, "check")
    if options.format == "text":
        summarize(found, len(versions), options.mode)
        removable = [one.path for one in found if one.removable and os.path.isfile(one.path)]
        # Another name cannot be shown as it is, and the command would not find the file.
        removable = [path for path in removable if path == printable(path)]
        if removable:
            advise((), removable)
            advise_to_stage(removable)
    return 2 if failed else int(any(checked.open for checked in found))


def look_at_history(ranges: Sequence[str], options: GitOptions) -> int:
    """Report each secret with the commit that brought it; the exit status."""
    check_ranges(ranges, os.environ)
    search = _Search(options, missing_blobs(ranges, os.environ))
    found = list(search.found(history(ranges, os.environ)))
    ends = cut_off(ranges, os.environ)
    if search.missing:
        # Each would be fetched from the remote, which can be a program that the repository names.
        search.fail(
            f"not searched: {counted(search.missing, 'version')} of files that this partial clone "
            "lacks; 'git fetch --refetch --no-filter' gets them"
        )
    if ends:
        search.fail(
            f"not searched: the history ends at {counted(ends, 'commit')}, because this clone is "
            "shallow; 'git fetch --unshallow' gets the rest"
        )
    _report(found, options.format, search.faults)
    for fault in search.faults:
        print_error(fault)
    count = sum(len(past.findings) for past in found)
    if count:
        commits = len({past.version.commit for past in found})
        say(f"{counted(count, 'secret')} in {counted(commits, 'commit')}")
        say(
            "revoke each of them where it was issued; rewriting the history is not enough, because "
            "clones and caches keep it"
        )
    elif not search.faults:
        say(f"no secrets found in {counted(search.searched, 'version')} of files")
    return 2 if search.faults else int(bool(count))


class _Search:
    """Looks at each blob once, and remembers each secret of a path once."""

    def __init__(self, options: GitOptions, absent: frozenset[str]) -> None:
        self._options = options
        self._absent = absent
        # What a version has depends on its path, too: templates, for one.
        self._seen: set[tuple[bytes, str]] = set()
        self._known: set[tuple[str, str, str, bytes | None]] = set()
        self.faults: list[str] = []
        self.searched = 0
        self.missing = 0

    def fail(self, fault: str) -> None:
        """Remember why a part of the history could not be searched."""
        self.faults.append(fault)

    def found(self, versions: Iterator[FileVersion]) -> Iterator[_Past]:
        """The files with secrets that were not in an earlier version."""
        try:
            yield from self._found(versions)
        except UvxError as error:  # what was found before it counts
            self.fail(str(error))

    def _found(self, versions: Iterator[FileVersion]) -> Iterator[_Past]:
        with Objects(os.environ) as objects:
            for version in versions:
                name = (bytes.fromhex(version.blob), version.path)
                if name in self._seen or is_excluded(version.path, self._options.exclude):
                    continue
                self._seen.add(name)
                try:
                    findings = self._new(objects, version)
                except UvxError as error:
                    self.fail(str(error))
                    continue
                if findings:
                    yield _Past(version, findings)

    def _new(self, objects: Objects, version: FileVersion) -> list[SecretFinding]:
        """The secrets of a version that no version before it had. Raises UvxError."""
        shown = f"{version.commit[:_SHORT]}:{version.path}"
        trace(f"looking at '{shown}'")
        if version.blob in self._absent:
            self.missing += 1
            return []
        blob = _blob(objects, version, shown)
        self.searched += 1
        try:
            checked = _look_at(blob, version.path, self._options.rules)
        except UvxError as error:
            raise SourceError(f"commit {version.commit[:_SHORT]}: {error}") from None
        findings = []
        for one in checked.open if checked else ():
            secret = None if one.secret is None else one.secret.reveal()
            keys = {(at, one.kind, one.redacted, secret) for at in (version.path, version.blob)}
            if self._known.isdisjoint(keys):
                findings.append(one)
            self._known |= keys
        return findings


def _report(found: Sequence[_Past], form: str, faults: Sequence[str]) -> None:
    commits = [past.version.commit for past in found for _ in past.findings]
    if form == "json":
        located = [(past.version.path, one) for past in found for one in past.findings]
        notes = (printable(redact(fault)) for fault in faults)
        click.echo(json_with_commits(as_json(located, notes=notes), commits), nl=False)
    elif form == "sarif":
        text = as_sarif([(past.version.path, past.findings) for past in found], __version__)
        click.echo(sarif_with_commits(text, commits), nl=False)
    else:
        for past in found:
            shown = f"{past.version.commit[:_SHORT]}:{past.version.path}"
            click.echo(as_text((shown, one) for one in past.findings), nl=False)


def _blob(objects: Objects, version: FileVersion, shown: str) -> Blob:
    """Raises SourceError if the repository does not have it."""
    blob = objects.blob(version.blob)
    if blob is None and is_partial(os.environ):
        raise SourceError(f"'{shown}' is not in this partial clone, and nothing is fetched")
    if blob is None:
        raise SourceError(f"'{shown}': object {version.blob} is missing or damaged; {FSCK}")
    return blob


def _look_at(blob: Blob, path: str, rules: Rules) -> Checked | None:
    """What a blob holds; None for one that is no text. Raises UvxError."""
    if is_utf16(blob.start()) and has_secret_in_utf16(blob.chunks(), path):
        raise SourceError(f"'{path}' is in UTF-16; save it as UTF-8")
    if blob.is_binary():
        return None
    use = "git" if os.path.basename(path) == ".gitmodules" else None
    return check(path, blob.chunks(), rules, use=use)
