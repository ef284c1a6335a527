"""Count what `sanitize --check` reports in folders of public source, and compare two revisions.

`python -m scripts.falsealarms FOLDER...` counts the findings by folder and kind. Public source
holds few real secrets, so most findings are examples or false alarms.

With `--against REV` the code of that revision looks at the same files, and every finding that
only one of the two reports is listed. The status is 1 if this checkout reports more.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "git_credential_uvx"
LISTED = 200

# Isolated, because the working folder is somebody else's source.
_RUN = f"""
import sys
sys.path.insert(0, sys.argv.pop(1))
from {PACKAGE}.__main__ import main
sys.exit(main())
"""
_WORDS = ("sanitize", "--check", "--no-ignore", "--no-store", "--format", "json", ".")

# Path, line, column, kind, masked URL.
Found = tuple[str, int, int, str, str]


class UncountedError(Exception):
    """A folder or a revision could not be looked at."""


@dataclass
class Count:
    """A folder, how much is in it, and what one revision reports there."""

    folder: str
    files: int
    size: int
    found: list[Found] = field(default_factory=list)

    @property
    def kinds(self) -> Counter[str]:
        return Counter(kind for _, _, _, kind, _ in self.found)


def count(folder: str, root: Path) -> Count:
    """Run `sanitize --check` of the checkout `root` in a folder. Raises UncountedError."""
    files = size = 0
    for above, _, names in os.walk(folder, onerror=_fail):
        for path in (os.path.join(above, name) for name in names):
            if os.path.isfile(path) and not os.path.islink(path):
                files += 1
                size += os.path.getsize(path)
    return Count(folder, files, size, _found(folder, root))


def _fail(error: OSError) -> None:
    raise UncountedError(f"cannot read '{error.filename}': {error.strerror}")


def _found(folder: str, root: Path) -> list[Found]:
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
        argv = [sys.executable, "-I", "-c", _RUN, str(root), *_WORDS]
        done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, check=False)
    # Some files cannot be read; the report has the others.
    try:
        findings = json.loads(done.stdout)["findings"]
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise UncountedError(f"'{folder}': no report: {last}") from None
    return [(f["path"], f["line"], f["column"], f["kind"], f["url"]) for f in findings]


def unpack(revision: str, into: Path) -> None:
    """Write the package as it is in a revision of this project. Raises UncountedError."""
    argv = ["git", "-C", str(ROOT), "archive", "--format=tar", revision, "--", PACKAGE]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode != 0:
        raise UncountedError(f"no revision '{revision}': {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(into, filter="data")


def table(counts: Iterable[Count]) -> Iterator[str]:
    """A Markdown table: folders and kinds."""
    counts = list(counts)
    kinds = sorted({kind for one in counts for kind in one.kinds})
    yield f"| folder | files | MB | {' | '.join(kinds)} | all | for each 1,000 files |"
    yield "|---|" + "--:|" * (len(kinds) + 4)
    whole = Count("all", sum(one.files for one in counts), sum(one.size for one in counts))
    whole.found = [found for one in counts for found in one.found]
    for one in [*counts, whole] if len(counts) > 1 else counts:
        cells = [str(one.kinds[kind]) for kind in kinds]
        share = 1000 * len(one.found) / max(one.files, 1)
        name = os.path.basename(os.path.abspath(one.folder)) if one is not whole else "all"
        numbers = [f"{one.files:,}", f"{one.size / 1e6:.0f}", *cells]
        yield f"| {' | '.join([name, *numbers, str(len(one.found)), f'{share:.1f}'])} |"


def differences(here: Iterable[Count], there: Iterable[Count]) -> tuple[list[str], list[str]]:
    """What only the first reports, and what only the second does, a line for each.

    A finding is the same if place and kind are: how its URL is masked may have changed.
    """
    added: list[str] = []
    removed: list[str] = []
    for mine, other in zip(here, there, strict=True):
        added += _only(mine, other)
        removed += _only(other, mine)
    return added, removed


def _only(first: Count, second: Count) -> list[str]:
    known = {found[:-1] for found in second.found}
    return [
        f"{os.path.join(first.folder, path)}:{line}:{column}: {kind}: {url}"
        for path, line, column, kind, url in sorted(first.found)
        if (path, line, column, kind) not in known
    ]


def _compare(counts: list[Count], revision: str, listed: int) -> bool:
    """Print what is different in a revision; whether this checkout reports no more."""
    with tempfile.TemporaryDirectory() as base:
        unpack(revision, Path(base))
        others = [count(one.folder, Path(base)) for one in counts]
    print(f"\n{revision}:\n")
    print("\n".join(table(others)))
    for sign, lines in zip("+-", differences(counts, others), strict=True):
        print(f"\n{len(lines)} only {'here' if sign == '+' else f'in {revision}'}")
        for line in lines[:listed]:
            print(f"{sign} {line}")
    mine, theirs = (sum(len(one.found) for one in side) for side in (counts, others))
    print(f"\n{mine} findings here, {theirs} in {revision}")
    return mine <= theirs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--against", metavar="REV", help="compare with this revision")
    parser.add_argument("--json", metavar="FILE", help="write the counts to a file, too")
    parser.add_argument("--list", type=int, default=LISTED, help="default: %(default)s")
    options = parser.parse_args()
    try:
        counts = [count(folder, ROOT) for folder in options.folders]
        print("\n".join(table(counts)))
        if options.json:
            report = [
                {"folder": c.folder, "files": c.files, "bytes": c.size, "kinds": dict(c.kinds)}
                for c in counts
            ]
            Path(options.json).write_text(json.dumps(report, indent=2) + "\n")
        met = options.against is None or _compare(counts, options.against, options.list)
    except (UncountedError, OSError) as error:
        print(f"falsealarms: {error}", file=sys.stderr)
        return 2
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
