"""Meters of a terminal: peaks in dB as bars, the ceiling marked; all channels there are, in the room there is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from soundscape.units import SILENCE_DB

LOWEST_DB = -60.0
"""Left end of a meter; the right end is 0 dB."""
NARROWEST_BAR = 5
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = " ▁▂▃▄▅▆▇█"
_ZONES = ((-6.0, "yellow"), (-18.0, "green"), (float("-inf"), "dark_green"))


def share_of(peak_db: float) -> float:
    """Share of a meter that a peak fills, 0 to 1.

    Examples
    --------
    >>> [share_of(peak_db) for peak_db in (3.0, 0.0, -30.0, -60.0, -120.0)]
    [1.0, 1.0, 0.5, 0.0, 0.0]
    """
    return min(max((peak_db - LOWEST_DB) / -LOWEST_DB, 0.0), 1.0)


def bar(share: float, n_cells: int, empty: str = "·") -> str:
    """Bar of so many characters, filled to an eighth of one.

    Examples
    --------
    >>> bar(0.5, 5), bar(0.0, 3), bar(1.0, 3), bar(7.0, 2)
    ('██▌··', '···', '███', '██')
    """
    eighths = round(min(max(share, 0.0), 1.0) * n_cells * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(n_cells, empty)


def meter_lines(
    names: Sequence[str], peaks_db: Sequence[float], ceiling_db: float, width: int, n_rows: int
) -> list[Text]:
    """Meters of channels in at most `n_rows` lines of `width` characters.

    In one or more columns, each with name, bar and, where there is room, the number; where there is none, one character
    a channel.
    """
    n_channels = min(len(names), len(peaks_db))
    if not n_channels or n_rows < 1:
        return []
    n_columns = -(-n_channels // n_rows)
    each = width // n_columns
    n_name = min(max(len(name) for name in names[:n_channels]), 7)
    if each < n_name + 2 + NARROWEST_BAR:
        return _one_character_each(peaks_db[:n_channels], ceiling_db, width, n_rows)
    lines = []
    for row in range(min(n_rows, n_channels)):
        line = Text("")
        for channel in range(row, n_channels, n_rows):
            line.append_text(_meter(names[channel], peaks_db[channel], ceiling_db, each, n_name))
        lines.append(line)
    return lines


def _meter(name: str, peak_db: float, ceiling_db: float, width: int, n_name: int) -> Text:
    has_number = width >= n_name + 16
    n_cells = width - n_name - 2 - (6 if has_number else 0)
    style = _style(peak_db, ceiling_db)
    line = Text(f"{name[:n_name]:<{n_name}} ")
    cells = bar(share_of(peak_db), n_cells)
    ceiling = min(int(share_of(ceiling_db) * n_cells), n_cells - 1)
    line.append(cells[:ceiling], style=style)
    # The mark is over the bar: what touches the ceiling is seen by the colour of the mark.
    line.append("┃", style="bold red" if cells[ceiling] not in "·" or peak_db >= ceiling_db - 0.1 else "dim")
    line.append(cells[ceiling + 1 :], style="bold red" if peak_db >= ceiling_db - 0.1 else "dim")
    if has_number:
        line.append(f" {peak_db:5.1f}" if peak_db > SILENCE_DB else "     -", style=style)
    return line.append(" ")


def _one_character_each(peaks_db: Sequence[float], ceiling_db: float, width: int, n_rows: int) -> list[Text]:
    lines = [Text("")]
    for number, peak_db in enumerate(peaks_db):
        if number and number % width == 0:
            lines.append(Text(""))
        lines[-1].append(_HEIGHTS[round(share_of(peak_db) * 8)], style=_style(peak_db, ceiling_db))
    loudest = max(range(len(peaks_db)), key=lambda channel: peaks_db[channel])
    lines.append(Text(f"loudest: channel {loudest + 1}, {peaks_db[loudest]:.1f} dB"[:width], style="dim"))
    return lines[:n_rows]


def _style(peak_db: float, ceiling_db: float) -> str:
    if peak_db >= ceiling_db - 0.1:
        return "bold red"
    return next(style for from_db, style in _ZONES if peak_db >= from_db)
