"""Check the licence of every installed package that the project needs.

What users install with it has to be permissive. What only develops it has to be free software. A
licence is what the package's own metadata says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "git-credential-uvx"
PERMISSIVE = {"0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"}
PERMISSIVE |= {"PSF-2.0", "Zlib"}
FREE = PERMISSIVE | {"MPL-2.0", "LGPL-2.1-or-later", "LGPL-3.0-or-later"}
FREE |= {"GPL-2.0-or-later", "GPL-3.0-or-later", "Unlicense", "CC0-1.0"}
# Weak copyleft, for its own file of root certificates, which is used as it is and not distributed.
ALLOWED = {"certifi": "MPL-2.0"}

_SPELLINGS = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD",
    "gnu general public license (gpl)": "GPL-2.0-or-later",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
    "public domain": "CC0-1.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "zlib/libpng license": "Zlib",
}
_LONGEST = 60  # characters; a longer field is the text of a licence and not its name


def expression(expressed: str | None, field: str | None, classifiers: Iterable[str]) -> str | None:
    """A licence in SPDX's words from what metadata has; None where it has nothing.

    Several classifiers are alternatives or parts: all of them have to be allowed.
    """
    if expressed:
        return expressed
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    if not named and field and len(field) < _LONGEST and field.upper() != "UNKNOWN":
        return _SPELLINGS.get(field.lower(), field)
    return " AND ".join(sorted({_SPELLINGS.get(n.lower(), n) for n in named})) or None


def allows(expressed: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression without WITH and mixed parentheses can be met."""
    return any(
        all(name.strip(" ()") in allowed for name in re.split(r"\s+AND\s+", choice))
        for choice in re.split(r"\s+OR\s+", expressed)
    )


def needed(name: str, find: Callable[[str], Distribution] = distribution) -> set[str]:
    """The packages that a package needs here when it runs, and what these need."""
    found: set[str] = set()
    waiting = [canonicalize_name(name)]
    while waiting:
        for text in find(waiting.pop()).requires or ():
            requirement = Requirement(text)
            other = canonicalize_name(requirement.name)
            if other not in found and (
                requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ):
                found.add(other)
                waiting.append(other)
    return found


def faults(packages: Iterable[tuple[str, str | None]], runtime: set[str]) -> list[str]:
    """One line for each package whose licence is missing or not allowed."""
    lines = []
    for name, licence in packages:
        allowed = PERMISSIVE if name in runtime else FREE
        kind = "permissive" if name in runtime else "free"
        if licence is None:
            lines.append(f"{name}: its metadata names no licence")
        elif not allows(licence, allowed) and ALLOWED.get(name) != licence:
            lines.append(f"{name}: '{licence}' is not on the list of {kind} licences")
    return sorted(lines)


def installed() -> list[tuple[str, str | None]]:
    """Every installed package with its licence."""
    found: list[tuple[str, str | None]] = []
    for package in distributions():
        metadata = package.metadata
        expressed, field = (
            next(iter(metadata.get_all(key, [])), None) for key in ("License-Expression", "License")
        )
        licence = expression(expressed, field, metadata.get_all("Classifier", []))
        found.append((canonicalize_name(metadata["Name"]), licence))
    return found


def main() -> int:
    """Tell what is wrong; the exit status."""
    try:
        runtime = needed(NAME)
    except PackageNotFoundError as error:
        print(f"not installed: {error.name}")
        return 2
    packages = installed()
    lines = faults(packages, runtime)
    print("\n".join([*lines, f"{len(packages)} licences, {len(lines)} not allowed"]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
