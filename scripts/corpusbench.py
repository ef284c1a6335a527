"""Run `sanitize --check` and detect-secrets on the files of tests/corpus and compare the results.

`python -m scripts.corpusbench` prints the part of docs/bench.md about what scanners find, and
`--write` puts it there: unlike the times on that page it is the same on every machine. With
`--samples` it prints a line for each file. The secrets are made up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.corpus import Sample, samples

from .scanbench import program

PEER = "detect-secrets"
OURS = "git-credential-uvx"
LISTED = 20

PAGE = Path(__file__).resolve().parent.parent / "docs" / "bench.md"
TITLE = "## What scanners find"

_CONTINUATIONS = bytes(range(0x80, 0xC0))


class ScanError(Exception):
    """A scanner gave no report."""


@dataclass(frozen=True)
class Result:
    """What the two scanners made of one file.

    `ours` is "cut", "refused" or "silent"; "wrong" where other bytes would go than have to.
    """

    sample: Sample
    ours: str
    peer: bool


def write_files(base: Path) -> dict[str, Sample]:
    """Write every sample into a folder of its own; the samples by their paths."""
    written = {}
    for sample in samples():
        path = base / sample.id / sample.file
        path.parent.mkdir(parents=True)
        path.write_bytes(sample.content)
        written[f"{sample.id}/{sample.file}"] = sample
    return written


def results(base: Path, command: str, env: dict[str, str]) -> list[Result]:
    """What `command`, which is ours, and detect-secrets find. Raises ScanError."""
    written = write_files(base)
    ours = _run_ours(base, command, env, written)
    peer = _run_peer(base, env)
    return [Result(sample, ours[path], path in peer) for path, sample in written.items()]


def _run_ours(
    base: Path, command: str, env: dict[str, str], written: dict[str, Sample]
) -> dict[str, str]:
    # By name, because a file that is named has to be read or be an error.
    argv = [command, "sanitize", "--check", "--no-store", "--format", "json", *written]
    done = subprocess.run(argv, cwd=base, env=env, capture_output=True, check=False)
    errors = done.stderr.decode(errors="replace")
    found: dict[str, list[dict[str, Any]]] = {path: [] for path in written}
    for finding in _json(OURS, done.stdout, errors)["findings"]:
        found[finding["path"]].append(finding)
    unread = {path for path in written if f"'{path}'" in errors}
    return {
        path: "refused" if path in unread else outcome(written[path], findings)
        for path, findings in found.items()
    }


def _run_peer(base: Path, env: dict[str, str]) -> set[str]:
    tool = program(PEER)
    if tool is None:
        raise ScanError(f"'{PEER}' is not installed")
    # Verifying would send what is found to the services.
    argv = [tool, "-C", str(base), "scan", "--all-files", "--no-verify"]
    done = subprocess.run(argv, env=env, capture_output=True, check=False)
    return set(_json(PEER, done.stdout, done.stderr.decode(errors="replace"))["results"])


def _json(tool: str, output: bytes, errors: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        last = errors.strip().rpartition("\n")[2]
        raise ScanError(f"'{tool}' gave no report: {last}") from None


def outcome(sample: Sample, findings: Sequence[dict[str, Any]]) -> str:
    """What our findings in a sample, as its JSON report has them, come to."""
    if not findings:
        return "silent"
    if not any(finding["removable"] for finding in findings):
        return "refused"
    lines = sample.content.split(b"\n")
    for finding in sorted(findings, key=lambda f: (f["line"], f["column"]), reverse=True):
        if finding["removable"]:
            line = lines[finding["line"] - 1]
            start, end = (_offset(line, finding[key]) for key in ("column", "end_column"))
            lines[finding["line"] - 1] = line[:start] + line[end:]
    is_right = sample.expect == "cut" and b"\n".join(lines) == sample.clean
    return "cut" if is_right else "wrong"


def _offset(line: bytes, column: int) -> int:
    """Where a column, in code points from 1, begins in a line."""
    seen = 0
    for position, byte in enumerate(line):
        seen += byte not in _CONTINUATIONS
        if seen == column:
            return position
    return len(line)


def part(base: Path, command: str, env: dict[str, str]) -> str:
    """The part of the page. Raises ScanError."""
    base.mkdir()
    return page(results(base, command, env))


def page(found: Sequence[Result]) -> str:
    lines = [TITLE, "", *_about(), "", *_table(found), "", *_clean(found)]
    return "\n".join([*lines, "", "Goals:", "", *_goals(found)]) + "\n"


def replaced(text: str, new: str) -> str:
    """The benchmark's page with a new part about scanners in the place of the old one."""
    before, _, rest = text.partition(TITLE)
    _, heading, after = rest.partition("\n## ")
    return before + new + heading + after


def _about() -> Iterator[str]:
    yield "Files of `tests/corpus` with made-up secrets in their URLs. Of a secret that is *cut*,"
    yield "exactly its bytes are removed. A *refused* one is reported, and left for a person:"
    yield "programs disagree where it ends, no store can hold it, or the file is the source of a"
    yield "program. *Wrong* is a cut of other bytes, *silent* is a miss."
    yield f"For `{PEER}`, with its default plugins, any finding in the file counts."


def _table(found: Sequence[Result]) -> Iterator[str]:
    yield f"| files | samples | cut | refused | wrong | silent | `{PEER}` found |"
    yield "|---|" + "--:|" * 6
    scope = [one for one in found if one.sample.in_scope]
    for title in dict.fromkeys(one.sample.title for one in scope):
        yield _row(title, [one for one in scope if one.sample.title == title])
    yield _row("all of these", scope)
    beyond = [one for one in found if one.sample.expect == "silent"]
    yield _row("secrets outside of URLs: not looked for", beyond)


def _row(title: str, found: Sequence[Result]) -> str:
    ours = Counter(one.ours for one in found)
    counts = [ours[name] for name in ("cut", "refused", "wrong", "silent")]
    cells = [title, len(found), *counts, sum(one.peer for one in found)]
    return f"| {' | '.join(map(str, cells))} |"


def _clean(found: Sequence[Result]) -> Iterator[str]:
    clean = [one for one in found if one.sample.expect == "clean"]
    ours = sum(one.ours != "silent" for one in clean)
    peer = sum(one.peer for one in clean)
    yield f"False alarms in {len(clean)} files that only look alike (templates, masks, patterns in"
    yield f"source code, login names, addresses): `{OURS}` {ours}, `{PEER}` {peer}."


def _goals(found: Sequence[Result]) -> Iterator[str]:
    scope = [one for one in found if one.sample.in_scope]
    for name, text in (("silent", "nothing in scope is silent"), ("wrong", "every cut is right")):
        missed = [one.sample.id for one in scope if one.ours == name]
        shown = ", ".join(missed[:LISTED]) + (", ..." if len(missed) > LISTED else "")
        yield _goal(not missed, f"{text}: {len(missed)} of {len(scope)}", shown)


def _goal(met: bool, text: str, missed: str) -> str:
    return f"- {'pass' if met else '**missed**'}: {text}{f' ({missed})' if missed else ''}"


def _lines(found: Sequence[Result]) -> Iterator[str]:
    yield f"{'sample':36} {'expected':9} {'ours':9} {PEER}"
    for one in found:
        yield f"{one.sample.id:36} {one.sample.expect:9} {one.ours:9} {'found' * one.peer}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--samples", action="store_true", help="print a line for each file")
    parser.add_argument("--write", action="store_true", help=f"put it into {PAGE.name}, too")
    options = parser.parse_args()
    command = program(OURS)
    try:
        if command is None:
            raise ScanError(f"'{OURS}' is not installed")
        with tempfile.TemporaryDirectory(prefix="uvx-corpus-") as home:
            env = {"HOME": home, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
            base = Path(home, "corpus")
            base.mkdir()
            found = results(base, command, env)
        if options.write:
            PAGE.write_text(replaced(PAGE.read_text(), page(found)))
    except (ScanError, OSError) as error:
        print(f"corpusbench: {error}", file=sys.stderr)
        return 2
    print("\n".join(_lines(found)) if options.samples else page(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
