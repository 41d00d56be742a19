"""TextGrids of Praat, long and short: a row of numbers and quoted texts, whatever stands between them.

Praat reads only numbers that stand alone, texts in quotes and flags such as `<exists>`; all else is a comment (Praat
manual, "TextGrid file formats"). So one reader does for both forms. Tiers hold no two labels at a time: labels that
overlap are written into several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from soundscape.catalogue.labels.label import Label, Labelled, Take, in_order, labelled
from soundscape.catalogue.labels.text import label_at, wrong

_TOKEN = re.compile(
    r"""(?P<comment>![^\n]*) | "(?P<text>(?:[^"]|"")*)" | (?P<open>") | (?P<flag><\w+>(?!\S))
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\S)) | \S+""",
    re.VERBOSE,
)
_HINT = "save it in Praat again: Save as text file"
MOST_TIERS = 4096


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class _Tokens:
    """The parts of a file that say something, one by one."""

    def __init__(self, text: str) -> None:
        self._left = _tokens(text)
        self.line = 1

    def take(self, kind: str, what: str) -> _Token:
        """The next part, which must be of a kind."""
        token = next(self._left, None)
        if token is None:
            raise wrong(self.line, f"the file ends where {what} should stand", "it is cut off: copy it again")
        self.line = token.line
        if token.kind != kind:
            raise wrong(token.line, f"{what} should stand where {token.text[:40]!r} stands", _HINT)
        return token

    def number(self, what: str) -> float:
        return float(self.take("number", what).text)

    def text(self, what: str) -> str:
        return self.take("text", what).text.replace('""', '"')

    def count(self, what: str) -> int:
        value = self.number(what)
        if not 0.0 <= value < 1e9 or value != int(value):
            raise wrong(self.line, f"{what} is {value:g}", _HINT)
        return int(value)


def _tokens(text: str) -> Iterator[_Token]:
    line, at = 1, 0
    for found in _TOKEN.finditer(text):
        line, at = line + text.count("\n", at, found.start()), found.start()
        match found.lastgroup:
            case "open":
                raise wrong(line, "a text whose quotes do not end", 'a quote inside a text is written twice: ""')
            case "text" | "flag" | "number" as kind:
                yield _Token(kind, found[kind], line)


def read(text: str) -> Labelled:
    """Read the labels of all tiers; intervals and points without a text are gaps.

    Raises
    ------
    CatalogueError
        With the line where something else should stand.
    """
    tokens = _Tokens(text)
    for expected in ("ooTextFile", "TextGrid"):
        if (found := tokens.text(f'"{expected}"')) != expected:
            raise wrong(tokens.line, f"{found[:40]!r} where {expected!r} should stand",
                        "select one TextGrid in Praat and save it as a text file")  # fmt: skip
    tokens.number("the beginning")
    end_s = tokens.number("the end")
    if tokens.take("flag", "<exists>").text != "<exists>":
        return Labelled(())
    n_tiers = tokens.count("the number of tiers")
    if n_tiers > MOST_TIERS:
        raise wrong(tokens.line, f"{n_tiers} tiers", f"at most {MOST_TIERS} are read")
    rows = [row for _ in range(n_tiers) for row in _tier(tokens)]
    return labelled(rows, Take(duration_s=max(0.0, end_s)))


def _tier(tokens: _Tokens) -> Iterator[tuple[Label, int]]:
    kind = tokens.text("a tier's class")
    if kind not in ("IntervalTier", "TextTier"):
        raise wrong(tokens.line, f"a tier of class {kind[:40]!r}", "IntervalTier and TextTier are read")
    tokens.text("a tier's name")
    tokens.number("a tier's beginning")
    tokens.number("a tier's end")
    for _ in range(tokens.count("the number of labels")):
        start_s = tokens.number("a time")
        end_s = tokens.number("an end") if kind == "IntervalTier" else start_s
        words = tokens.text("a text")
        if label := label_at(tokens.line, start_s, end_s, words):
            yield label, tokens.line


def write(labels: Sequence[Label], take: Take) -> str:
    """Write a TextGrid in the long form: stretches in interval tiers, points in a point tier; no frequencies."""
    ordered = in_order(labels)
    end_s = max((take.duration_s, *(label.end_s for label in ordered)))
    tiers = [("IntervalTier", tier) for tier in _tiers([label for label in ordered if label.duration_s])]
    tiers += [("TextTier", points)] if (points := [label for label in ordered if not label.duration_s]) else []
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end_s:.6f}",
             "tiers? <exists>", f"size = {len(tiers)}", "item []:"]  # fmt: skip
    for place, (kind, tier) in enumerate(tiers, start=1):
        lines += [f"    item [{place}]:", f'        class = "{kind}"', f'        name = "sounds {place}"',
                  "        xmin = 0", f"        xmax = {end_s:.6f}"]  # fmt: skip
        lines += _intervals(tier, end_s) if kind == "IntervalTier" else _points(tier)
    return "\n".join(lines) + "\n"


def _tiers(labels: Sequence[Label]) -> list[list[Label]]:
    """Labels in order of time, laid into as few tiers as they need."""
    tiers: list[list[Label]] = []
    for label in labels:
        free = next((tier for tier in tiers if tier[-1].end_s <= label.start_s), None)
        if free is None:
            tiers.append([label])
        else:
            free.append(label)
    return tiers


def _intervals(tier: Sequence[Label], end_s: float) -> list[str]:
    """A tier's intervals: they cover all the time, and gaps have an empty text."""
    rows, at_s = [], 0.0
    for label in tier:
        rows += [(at_s, label.start_s, "")] if label.start_s > at_s else []
        rows.append((label.start_s, label.end_s, label.text))
        at_s = label.end_s
    rows += [(at_s, end_s, "")] if end_s > at_s else []
    lines = [f"        intervals: size = {len(rows)}"]
    for place, (start_s, stop_s, text) in enumerate(rows, start=1):
        lines += [f"        intervals [{place}]:", f"            xmin = {start_s:.6f}",
                  f"            xmax = {stop_s:.6f}", f"            text = {_quoted(text)}"]  # fmt: skip
    return lines


def _points(points: Sequence[Label]) -> list[str]:
    lines = [f"        points: size = {len(points)}"]
    for place, label in enumerate(points, start=1):
        lines += [f"        points [{place}]:", f"            number = {label.start_s:.6f}",
                  f"            mark = {_quoted(label.text)}"]  # fmt: skip
    return lines


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
