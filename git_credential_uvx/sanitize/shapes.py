"""Tokens that show by their beginning what they are.

A second net only: most tokens have no such shape, and whoever knows a secret masks it by value.
"""

from __future__ import annotations

import re

# Beginnings that issuers document, each with the fewest characters that follow.
_SHAPES = (
    rb"gh[opusr]_[A-Za-z0-9]{20,255}",
    rb"github_pat_[A-Za-z0-9_]{20,255}",
    rb"gl(?:pat|cbt|dt|rt|ft|oas|soat|ptt|imt|agent|ffct)-[A-Za-z0-9_.=-]{16,512}",
    rb"pypi-[A-Za-z0-9_-]{40,1024}",
    rb"npm_[A-Za-z0-9]{30,64}",
    rb"hf_[A-Za-z0-9]{20,64}",
    rb"AT(?:ATT|CTT|BB)[A-Za-z0-9_=.-]{20,1024}",
    rb"xox[abeoprs]-[A-Za-z0-9-]{10,255}",
    rb"ya29\.[A-Za-z0-9_-]{20,2048}",
    rb"dckr_pat_[A-Za-z0-9_-]{20,64}",
    rb"hv[sbr]\.[A-Za-z0-9_-]{20,255}",
    rb"eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,4096}",
)
# How one may begin in a path. Packages may be called `pypi-...`, tokens of PyPI go on with `Ag`.
AT_PATH = (
    rb"gh[opusr]_|github_pat_|gl[a-z]{2,5}-|pypi-Ag|npm_|hf_|AT(?:ATT|CTT|BB)|xox[abeoprs]-"
    rb"|ya29\.|dckr_pat_|hv[sbr]\.|eyJ"
)
_TOKEN = re.compile(rb"(?<![A-Za-z0-9])(?:" + rb"|".join(_SHAPES) + rb")")
_TOKEN_TEXT = re.compile(_TOKEN.pattern.decode())


def is_token(value: bytes) -> bool:
    """Whether a value is a token by its shape."""
    return _TOKEN.match(value) is not None


def mask_tokens(text: str, mask: str = "****") -> str:
    """A text with whatever has the shape of a token masked."""
    return _TOKEN_TEXT.sub(mask, text)
