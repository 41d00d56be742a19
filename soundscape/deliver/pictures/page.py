"""Paper and colours: how every picture looks, and how it becomes a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from soundscape.whole import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#22252b"
PALE = "#d9dce1"
FAMILY_COLOURS = {"gates": "#b5532d", "wind": "#3d7ea6", "instruments": "#c7962c", "rest": "#6d8a5c", "": "#8a8d93"}
"""One colour per family of sound, the same in every picture; told apart by those who see no red or green too."""
ROLE_COLOURS = (
    "#b5532d", "#3d7ea6", "#c7962c", "#6d8a5c", "#7c5ba3", "#2f9c95", "#c2557f", "#5d6b7a",
    "#a3742f", "#4b62c0", "#8aa12f", "#d2714f",
)  # fmt: skip
CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC",
             "Microsoft YaHei", "SimHei", "Arial Unicode MS")  # fmt: skip


def new_page(width_in: float, height_in: float) -> Figure:
    """Empty figure; matplotlib is loaded here and not before, since it takes a second."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["font.family"] = [*_cjk_fonts(), "DejaVu Sans"]
    mpl.rcParams["axes.unicode_minus"] = False
    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def _cjk_fonts() -> list[str]:
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in CJK_FONTS if name in there][:1]


def draws_chinese() -> bool:
    """Whether this machine has a font for Chinese titles."""
    return bool(_cjk_fonts())


def drawable(text: str) -> str:
    """The text without what no font of this page can draw: better no Chinese title than a row of boxes.

    Examples
    --------
    >>> drawable("Bell"), drawable("Bell \U0010fffd")
    ('Bell', 'Bell')
    """
    from matplotlib import font_manager

    names = [*_cjk_fonts(), "DejaVu Sans"]
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in names]
    kept = "".join(c if c.isspace() or any(font.get_char_index(ord(c)) for font in fonts) else "\0" for c in text)
    return re.sub(r"\s*/\s*\0+|\s*\0+", "", kept)


def save_page(page: Figure, path: Path, *, dpi: int = 110) -> Path:
    """Write a figure as PNG, whole or not at all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    FigureCanvasAgg(page)
    for text in page.findobj(Text):
        if not text.get_text().isascii():
            text.set_text(drawable(text.get_text()))
    with whole_file(path) as temporary:
        page.savefig(temporary, format="png", dpi=dpi)
    return path


def quiet_axes(axes: Axes) -> None:
    """Leave only the lines that carry meaning."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(PALE)
    axes.tick_params(colors=INK, labelsize=8, length=3, color=PALE)


def clock(time_s: float, _position: object = None) -> str:
    """Time as minutes and seconds.

    Examples
    --------
    >>> clock(75.0), clock(0.5), clock(0.25), clock(59.999)
    ('1:15', '0:00.5', '0:00.25', '1:00')
    """
    minutes, hundredths = divmod(round(max(time_s, 0.0) * 100), 6000)
    whole = f"{minutes}:{hundredths // 100:02d}"
    return f"{whole}.{hundredths % 100:02d}".rstrip("0") if hundredths % 100 else whole
