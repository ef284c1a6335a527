"""Random changes to the inputs of the repository: for where atheris is not installed."""

from __future__ import annotations

from random import Random
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST = 4096  # bytes


def run(
    one: Callable[[bytes], None],
    seeds: Sequence[bytes],
    tokens: Sequence[bytes],
    *,
    seconds: float,
    seed: int,
    most: int | None = None,
) -> int:
    """Run each seed, then changed ones until the time is over or `most` ran; how many ran."""
    random = Random(seed)
    end = monotonic() + seconds
    for data in seeds:
        one(data)
    executions = len(seeds)
    while monotonic() < end and (most is None or executions < most):
        one(changed(random, seeds, tokens))
        executions += 1
    return executions


def changed(random: Random, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """One of the seeds after one to eight changes."""
    data = random.choice(seeds)
    for _ in range(random.choice((1, 1, 2, 2, 3, 5, 8))):
        start = random.randint(0, len(data))
        end = min(len(data), start + random.choice((0, 0, 1, 1, 2, 4, 16, 64)))
        data = data[:start] + _piece(random, data, seeds, tokens) + data[end:]
    return data[:_LONGEST]


def _piece(random: Random, data: bytes, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    kind = random.randrange(6)
    if kind == 0:
        return b""
    if kind == 1:
        return bytes([random.randrange(256)])
    if kind == 2:
        return bytes([random.randrange(0x20, 0x7F)])
    if kind == 3:
        source = random.choice((data, random.choice(seeds)))
        start = random.randint(0, len(source))
        return source[start : start + random.choice((1, 4, 16, 64))]
    return random.choice(tokens)
