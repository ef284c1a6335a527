"""The README for PyPI, used when the package is built: relative links lead nowhere there.

In the checkout they stay relative, so they work at every address and without a network.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


def absolute(text: str, source: str) -> str:
    """A page of Markdown with its relative links and pictures below the project's address."""
    text = re.sub(r"(!\[[^\]]*\]\()(?!https?:|#)", rf"\g<1>{source}/raw/HEAD/", text)
    return re.sub(r"((?<!!)\[[^\]!]*\]\()(?!https?:|#)", rf"\g<1>{source}/blob/HEAD/", text)


class Readme(MetadataHookInterface):
    """Sets `readme` from README.md and the address in `[project.urls]`."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        readme = absolute(text, metadata["urls"]["Source"])
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}
