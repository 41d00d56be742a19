"""Paper and colours: how every picture looks, and how it becomes a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundscape.deliver.pictures.lettering import LATIN_FONT, drawable, fonts_for
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
MINUTE_S = 60.0
LONG_STEPS_S = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0)
MOST_MARKS = 12


def new_page(width_in: float, height_in: float) -> Figure:
    """Empty figure; matplotlib is loaded here and not before, since it takes a second."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["font.family"] = [LATIN_FONT]
    mpl.rcParams["axes.unicode_minus"] = False
    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def save_page(page: Figure, path: Path, *, dpi: int = 110) -> Path:
    """Write a figure as PNG, whole or not at all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    FigureCanvasAgg(page)
    for text in page.findobj(Text):
        text.set_parse_math(False)  # a dollar in a title is a dollar
        if not text.get_text().isascii():
            text.set_fontfamily(fonts_for(text.get_text()))
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


def mark_times(axes: Axes, shown_s: float) -> None:
    """Mark round times below a picture of so many seconds, each with its unit: 5 ms, 2 s, 1:30."""
    times_s = np.arange(0.0, shown_s * (1.0 + 1e-9), _step_s(shown_s))
    axes.set_xticks(times_s, [_time(float(time_s), shown_s) for time_s in times_s])
    axes.set_xlim(0.0, shown_s)


def _step_s(shown_s: float) -> float:
    """The smallest of the round steps that makes no more than `MOST_MARKS` marks."""
    decades_s = [10.0**power * step for power in range(-6, 2) for step in (1, 2, 5)]
    steps_s = decades_s if shown_s < MINUTE_S else LONG_STEPS_S
    return next((step_s for step_s in steps_s if shown_s / step_s <= MOST_MARKS), shown_s / MOST_MARKS)


def _time(time_s: float, shown_s: float) -> str:
    if shown_s < 1.0:
        return f"{time_s * 1000.0:.4g} ms"
    return f"{time_s:.4g} s" if shown_s < MINUTE_S else clock(time_s)


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
