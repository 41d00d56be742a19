"""Words on a page: in which font, how wide, and what is written where no font has the letters.

Better no Chinese title than a row of boxes; but never no title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundscape.catalogue.segment import Recording

LATIN_FONT = "DejaVu Sans"
"""Comes with matplotlib."""
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK", "Source Han Sans",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang", "Hiragino Sans GB", "Heiti", "STHeiti", "Microsoft YaHei",
    "SimHei", "DengXian", "Noto Serif CJK", "Noto Serif SC", "Source Han Serif", "Songti", "SimSun",
    "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
"""What the names of fonts with Chinese begin with, the dearest first: Linux, macOS, Windows."""
CHINESE_FILES = re.compile(
    r"cjk|notos\w+sc|sourcehan|wqy|pingfang|hiragino|heiti|msyh|simhei|deng|song|simsun|fallback"
)
POINTS_PER_IN = 72.0


def chinese_font() -> str:
    """Name of the font that Chinese is drawn in; empty where this machine has none."""
    found = _known_font()
    if not found:
        _find_new_fonts()
        found = _known_font()
    return found


def _known_font() -> str:
    from matplotlib.font_manager import fontManager

    there = sorted({font.name for font in fontManager.ttflist})
    return next((name for wanted in CHINESE_FONTS for name in there if name.startswith(wanted)), "")


@cache
def _find_new_fonts() -> None:
    """Take in Chinese fonts installed since matplotlib last looked: it keeps its list from run to run."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {str(font.fname) for font in fontManager.ttflist}
    for file in sorted(set(findSystemFonts()) - known):
        if CHINESE_FILES.search(Path(file).name.lower()):
            with suppress(OSError, RuntimeError):  # a damaged font is no reason to draw nothing
                fontManager.addfont(file)


def fonts_for(text: str) -> list[str]:
    """Fonts to look for the letters of a text in; only what is not Latin asks for a Chinese one."""
    chinese = "" if _is_drawn(text, [LATIN_FONT]) else chinese_font()
    return [LATIN_FONT, chinese] if chinese else [LATIN_FONT]


def _is_drawn(text: str, names: Sequence[str]) -> bool:
    from matplotlib import font_manager

    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in names]
    return all(c.isspace() or any(font.get_char_index(ord(c)) for font in fonts) for c in text)


def drawable(text: str) -> str:
    """The text without what no font of this page can draw: better no Chinese title than a row of boxes.

    Examples
    --------
    >>> drawable("Bell"), drawable("Bell \U0010fffd")
    ('Bell', 'Bell')
    """
    names = fonts_for(text)
    kept = "".join(c if _is_drawn(c, names) else "\0" for c in text)
    return re.sub(r"\s*/\s*\0+|\s*\0+", "", kept)


def titled(names: Iterable[str], *, otherwise: str = "") -> str:
    """Names in several languages as one title: those that can be drawn whole, and where there is none, something else.

    Examples
    --------
    >>> titled(("Bell", "\U0010fffd")), titled(("\U0010fffd", ""), otherwise="Untitled")
    ('Bell', 'Untitled')
    """
    return " / ".join(dict.fromkeys(name for name in names if first_drawable([name]))) or otherwise


def named_roles(roles: Iterable[str]) -> list[str]:
    """Roles as they are called on a page: one whose name cannot be drawn has a number.

    Examples
    --------
    >>> named_roles(("bells", "\U0010fffd"))
    ['bells', 'role 2']
    """
    return [titled([role], otherwise=f"role {number}") for number, role in enumerate(roles, start=1)]


def name_of(recording: Recording) -> str:
    """What a take is called on a page: its titles, as far as they can be drawn, else its file, its object or its id.

    Examples
    --------
    >>> from soundscape.catalogue.segment import Recording
    >>> name_of(Recording("7a" * 16, "bell.wav", 48_000, 1, 9, titles={"en": "Bell", "fr": "Cloche"}))
    'Bell'
    >>> name_of(Recording("7a" * 16, "\U0010fffd.wav", 48_000, 1, 9, titles={"zh": "\U0010fffd"}))
    '7a7a7a7a7a7a'
    """
    file = recording.path.replace("\\", "/").rsplit("/", 1)[-1]
    others = (*recording.titles.values(), file, recording.object_id, recording.id[:12])
    return titled((recording.title, recording.titles.get("zh", "")), otherwise=first_drawable(others))


def first_drawable(names: Iterable[str]) -> str:
    """The first of several names that can be drawn whole; an empty string if none can.

    Examples
    --------
    >>> first_drawable(("", "\U0010fffd.wav", "take 7"))
    'take 7'
    """
    return next((name for name in names if name and drawable(name) == name), "")


@lru_cache(maxsize=4096)
def width_in(text: str, size_pt: float) -> float:
    """How many inches of a line a text takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    wanted = FontProperties(family=fonts_for(text), size=size_pt)
    return float(text_to_path.get_text_width_height_descent(text, wanted, ismath=False)[0]) / POINTS_PER_IN
