"""Which encoding the words of a MIDI file are in: the format does not say, so all of them are judged together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_COMMON: Mapping[str, Callable[[bytes], bool]] = {
    # Punctuation, and the first level of characters, which by the standards holds those in common use.
    "gb18030": lambda c: len(c) == 2 and c[1] >= 0xA1 and (0xA1 <= c[0] <= 0xA3 or 0xB0 <= c[0] <= 0xD7),
    "big5": lambda c: len(c) == 2 and 0xA1 <= c[0] <= 0xC6,
    # Kana and punctuation at 0x81..0x83; half-width kana (one byte) are what other encodings look like.
    "cp932": lambda c: len(c) == 2 and (0x81 <= c[0] <= 0x83 or 0x88 <= c[0] <= 0x97),
}
_LETTERS = re.compile(rb"[\xa8\xb8\xc0-\xff]+")
_MOST_JUDGED = 4096
_LIKELY = 0.7


def encoding_of(texts: Iterable[bytes]) -> str:
    """Encoding that explains all `texts`: UTF-8 where it can be, else the likeliest.

    Examples
    --------
    >>> encoding_of(["琵琶".encode("gb18030"), b"Erhu"]), encoding_of(["Für Elise".encode("latin-1")])
    ('gb18030', 'latin-1')
    """
    high = [text for text in dict.fromkeys(texts) if not text.isascii()]
    if all(_decodes(text, "utf-8") for text in high):
        return "utf-8-sig"
    shares = {encoding: _common_share(high, encoding) for encoding in _COMMON}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] >= _LIKELY:
        return best
    return "cp1251" if _cyrillic_share(high) >= _LIKELY else "latin-1"


def decoded(text: bytes, encoding: str) -> str:
    """Text on one line, without what cannot be printed."""
    return "".join(char if char.isprintable() else " " for char in text.decode(encoding, "replace")).strip()


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _cyrillic_share(texts: list[bytes]) -> float:
    """Share of letters beyond ASCII that stand three or more in a row, as no Western language has them."""
    runs = [run for text in texts if _decodes(text, "cp1251") for run in _LETTERS.findall(text)]
    return sum(len(run) for run in runs if len(run) > 2) / max(1, sum(map(len, runs)))


def _common_share(texts: list[bytes], encoding: str) -> float:
    """Share of common characters among those that are not ASCII; 0 if a text cannot be in that encoding."""
    if not all(_decodes(text, encoding) for text in texts):
        return 0.0
    joined = "".join(text.decode(encoding) for text in texts)
    chars = [char.encode(encoding, "replace") for char in joined if not char.isascii()][:_MOST_JUDGED]
    return sum(map(_COMMON[encoding], chars)) / max(1, len(chars))
