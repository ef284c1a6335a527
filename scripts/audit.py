"""Ask pip-audit whether anything that the lock files pin has a known vulnerability.

A package index can lack the advisories (it answers 404), and a machine the network: then one line
says so, and the status is 0. A vulnerability is status 1, and anything unexpected status 2.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from .lock import FOLDER, GROUPS

LIMIT = 180  # seconds for all of it; one request has 10
# No connection, or no answer in time: as the last line of a traceback, or in pip-audit's own words.
_UNREACHABLE = re.compile(
    r"^(requests\.exceptions\.(ConnectionError|ConnectTimeout|ReadTimeout):.*\Z"
    r"|ERROR:pip_audit\._cli:Could not connect to )",
    re.M,
)


@dataclass
class Verdict:
    """What to tell, and the exit status."""

    lines: list[str]
    status: int


def judge(status: int, output: str, errors: str) -> Verdict:
    """What pip-audit's exit status, JSON and standard error mean."""
    errors = errors.strip()
    try:
        found = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if _UNREACHABLE.search(errors):
            return Verdict(["not audited: the advisory service cannot be reached"], 0)
        last = errors.rpartition("\n")[2]
        return Verdict([f"pip-audit failed (status {status}): {last}"], 2)
    checked = {item["name"] for item in found if "vulns" in item}
    skipped = {item["name"] for item in found} - checked
    bad = sorted(
        {
            f"{item['name']} {item['version']}: {flaw['id']}, fixed in {_fixed(flaw)}"
            for item in found
            for flaw in item.get("vulns", ())
        }
    )
    lines = [*bad, f"{len(checked)} packages audited, {len(bad)} known vulnerabilities"]
    if not checked:
        lines = ["not audited: the advisory service knows none of the packages"]
    elif skipped:
        lines.append(f"not audited: {', '.join(sorted(skipped))}")
    return Verdict(lines, 1 if bad else 0)


def _fixed(flaw: dict[str, list[str]]) -> str:
    return " or ".join(flaw["fix_versions"]) or "no version"


def audit(groups: Iterable[str]) -> Verdict:
    """Run pip-audit on the lock files of these groups."""
    files = [word for group in groups for word in ("--requirement", str(FOLDER / f"{group}.txt"))]
    options = ("--disable-pip", "--require-hashes", "--format", "json")
    quiet = ("--progress-spinner", "off", "--timeout", "10")
    command = [sys.executable, "-m", "pip_audit", *options, *quiet, *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return Verdict([f"not audited: no answer within {LIMIT} s"], 0)
    return judge(done.returncode, done.stdout, done.stderr)


if __name__ == "__main__":
    verdict = audit(GROUPS)
    print("\n".join(verdict.lines))
    sys.exit(verdict.status)
