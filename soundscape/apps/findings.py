"""What a look at something found: one line each, with a verdict that nobody must interpret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "look", "wrong"]
"""All is well; it will do, and somebody should know; it must be put right."""

SIGNS = {"ok": "ok  ", "look": "look", "wrong": "NO  "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    verdict: Verdict
    found: str
    hint: str = ""
    """What to do; empty where there is nothing to be done."""


def lines_of(findings: Iterable[Finding]) -> Iterator[str]:
    r"""Findings as lines for people: a verdict each, and below it what to do.

    Examples
    --------
    >>> print(*lines_of([Finding("disk", "look", "2 GiB free", "make room")]), sep="\n")
    look disk         2 GiB free
                      make room
    """
    for finding in findings:
        yield f"{SIGNS[finding.verdict]} {finding.what:12} {finding.found}"
        if finding.hint:
            yield f"{'':17} {finding.hint}"


def size_of(n_bytes: float) -> str:
    """Bytes as people say them.

    Examples
    --------
    >>> size_of(3.2e6), size_of(5 << 30)
    ('3.1 MiB', '5.0 GiB')
    """
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.1f} MiB"
