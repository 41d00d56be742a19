"""What people see of a show in a terminal: a picture of how it stands, and the same in one line.

Nothing here is asked, waited for or changed: a status goes in, lines of the terminal's width come out. Whatever a
status lacks, or has that cannot be, leaves a gap in the picture and never stops it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.text import Text

from soundscape.live.faders import place_of
from soundscape.live.meters import LOWEST_DB, bar, meter_lines
from soundscape.units import SILENCE_DB

Status = Mapping[str, Any]

N_SAID = 6
"""Lines of what was said that are shown, where there is room."""
NARROWEST, LOWEST = 20, 6
_BIG_HEIGHT = 30
_ROLE_WIDTH = 34
_RED, _WARN, _DIM = "bold white on red", "bold yellow", "dim"


def drawn(status: Status, said: Sequence[str], width: int, height: int, keys_help: str = "") -> Group:
    """Picture of a show, never wider than `width` nor higher than `height` (in characters).

    Parameters
    ----------
    status
        As `Session.status()` says; with what `Supervisor.standing()` adds, `progress` (text, done, total) while it
        loads, `controls_per_s`, and `ceiling_db` (dBTP).
    said
        Lines for people, the newest last.
    keys_help
        What the keys do, one from the other by two spaces.
    """
    width, height = max(width, NARROWEST), max(height, LOWEST)
    is_loading = isinstance(status.get("progress"), Mapping)
    head = [_title(status, width), _time(status, width)]
    cue = [] if is_loading else _cues(status, width, is_big=height >= _BIG_HEIGHT)
    foot = _trouble(status, width) + ([] if is_loading else _numbers(status, width))
    heard = [Text(_clean(line)) for line in said[-N_SAID:]]
    keys = _keys(keys_help, width)
    left = height - len(head) - len(cue) - len(foot) - len(keys)
    n_heard = N_SAID if left >= 3 * N_SAID else max(1, left // 3)
    body = [] if is_loading else _body(status, width, left - n_heard - 2)
    lines = [*head, *cue, _rule(width), *body, *([_rule(width)] if body else []), *foot]
    room = min(height - len(lines) - len(keys), len(heard) if not body else n_heard)
    lines += heard[-room:] if room > 0 else []
    lines = lines[: height - len(keys)]
    lines += [Text("")] * (height - len(keys) - len(lines)) + keys
    return Group(*(_cut(line, width) for line in lines))


def plain_line(status: Status) -> str:
    """How the show stands in one line, where there is no terminal.

    Examples
    --------
    >>> plain_line({"time_s": 65.0, "score_s": 5.0, "score_length_s": 90.0, "cue": "Dawn", "next_cue": "Storm"})
    '0:01:05 score 0:05 of 1:30, cue Dawn, next Storm, 0 voices, callback 0 % worst 0 %, late 0, missed 0'
    """
    if isinstance(progress := status.get("progress"), Mapping):
        return f"loading: {_text(progress, 'text')} {100 * share_done(progress):.0f} %"
    if (missing_s := _number(status, "missing_s")) > 0.0:
        return f"no sound for {missing_s:.0f} s: {_text(status, 'missing_because')}"
    words = [f"{_clock(_number(status, 'time_s'), long=True)} score {_clock(_number(status, 'score_s'))} of "
             f"{_clock(_number(status, 'score_length_s'))}"]  # fmt: skip
    words += [f"cue {_text(status, 'cue')}"] if _text(status, "cue") else []
    words += [f"next {_text(status, 'next_cue')}"] if _text(status, "next_cue") else []
    words += [f"{_number(status, 'n_voices'):.0f} voices"]
    if peaks := _numbers_of(status, "peaks_db"):
        words.append(f"peak {max(peaks):.1f} dB")
    words += [f"callback {100 * _number(status, 'load'):.0f} % worst {100 * _number(status, 'worst'):.0f} %",
              f"late {_number(status, 'late_blocks'):.0f}", f"missed {_number(status, 'xruns'):.0f}"]  # fmt: skip
    words += [f"restarts {_number(status, 'restarts'):.0f}"] if _number(status, "restarts") else []
    words += ["no spare"] if status.get("spare") is False else []
    words += ["locked"] if status.get("locked") is True else []
    words += [f"trouble: {_text(status, 'trouble')}"] if _text(status, "trouble") else []
    return ", ".join(words)


def share_done(progress: Status) -> float:
    """Share of the work that is done, 0 to 1.

    Examples
    --------
    >>> share_done({"text": "decoding", "done": 3, "total": 4}), share_done({"done": 3, "total": 0})
    (0.75, 0.0)
    """
    total = _number(progress, "total")
    return min(max(_number(progress, "done") / total, 0.0), 1.0) if total > 0 else 0.0


def _title(status: Status, width: int) -> Text:
    progress = status.get("progress")
    lock = "LOCKED" if status.get("locked") is True else ""
    where = " · ".join(filter(None, (lock, _text(status, "layout"), _text(status, "device"))))
    if isinstance(progress, Mapping):
        where = "loading"
    title = _text(status, "title") or "soundscape"
    n_where = min(cell_len(where), max(width // 2, width - cell_len(title) - 3))
    room = width - n_where - 3
    return Text(f" {set_cell_size(title, room)} {set_cell_size(where, n_where)} ", style="bold reverse")


def _time(status: Status, width: int) -> Text:
    progress = status.get("progress")
    if isinstance(progress, Mapping):
        share = share_done(progress)
        words = f" {_text(progress, 'text')} {100 * share:3.0f} % "
        return Text(words).append(bar(share, max(5, width - cell_len(words) - 1)), style="cyan")
    at_s, length_s = _number(status, "score_s"), _number(status, "score_length_s")
    sign = "▶" if status.get("is_playing") else "■"
    words = f" {_clock(_number(status, 'time_s'), long=True)}  score {sign} {_clock(at_s)} of {_clock(length_s)} "
    line = Text(words, style="bold")
    return line.append(bar(at_s / length_s if length_s > 0 else 0.0, max(5, width - cell_len(words) - 1)), style="cyan")


def _cues(status: Status, width: int, *, is_big: bool) -> list[Text]:
    """Where it is, and what GO will do: that is what an operator looks for."""
    now = Text("").append(" cue  ", style=_DIM).append(_text(status, "cue") or "none yet", style="bold")
    following, note = _text(status, "next_cue"), _text(status, "next_note")
    style = "bold black on green" if following else "bold reverse"
    words = f" GO ▶ {following}" if following else " no more cues"
    band = Text(set_cell_size(words, width), style=style)
    blank = [Text(" " * width, style=style)] if is_big else []
    notes = _wrapped(note, width - 6, 3 if is_big else 1)
    return [now, *blank, band, *blank, *(Text(f"      {line}", style="bold") for line in notes)]


def _wrapped(words: str, width: int, most: int) -> list[str]:
    """Words in at most so many lines, and at least one; what does not fit ends in an ellipsis."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if cell_len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], set_cell_size(" ".join(lines[most - 1 :]), max(1, width - 1)).rstrip() + "…"]
    return [
        line if cell_len(line) <= width else set_cell_size(line, max(1, width - 1)).rstrip() + "…" for line in lines
    ]


def _body(status: Status, width: int, n_rows: int) -> list[Text]:
    """Roles at the left, meters at the right."""
    if n_rows < 1:
        return []
    left = max(min(_ROLE_WIDTH, width), width // 2 - 1)
    right = width - left - 3
    roles = _roles(status, left, n_rows)
    meters: list[Text] = []
    if right >= 8:
        names = [_clean(str(name)) for name in _list(status, "channels")]
        meters = meter_lines(names, _numbers_of(status, "peaks_db"), _number(status, "ceiling_db", -1.0), right, n_rows)
    lines = []
    for n in range(min(n_rows, max(len(roles), len(meters)))):
        line = _cut(roles[n] if n < len(roles) else Text(""), left, fills=True)
        lines.append(line.append(" │ ", style=_DIM).append_text(meters[n] if n < len(meters) else Text("")))
    return lines


def _roles(status: Status, width: int, n_rows: int) -> list[Text]:
    """One line a role, in as many columns as there is room for; what does not fit is counted."""
    roles = [role for role in _list(status, "roles") if isinstance(role, Mapping)]
    rows = [_role_parts(n, role) for n, role in enumerate(roles, 1)]
    rows = [_master_parts(status), *rows]
    n_columns = min(max(1, width // _ROLE_WIDTH), max(1, -(-len(rows) // n_rows)))
    each = width // n_columns
    n_fit = n_rows * n_columns
    n_name = min(max(cell_len(parts[1]) for parts in rows), max(6, each - _ROLE_WIDTH + 8))
    cells = [_role_line(*parts, n_name=n_name, width=each) for parts in rows]
    if len(cells) > n_fit:
        sounding = sum(1 for role in roles[n_fit - 2 :] if _number(role, "sounding") > 0)
        more = f"  and {len(cells) - n_fit + 1} more roles, {sounding} of them sound"
        cells = [*cells[: n_fit - 1], Text(more, style=_DIM)]
    return _in_columns(cells, n_rows, each)


def _in_columns(cells: Sequence[Text], n_rows: int, each: int) -> list[Text]:
    lines = []
    for n in range(min(n_rows, len(cells))):
        line = Text("")
        for cell in cells[n::n_rows]:
            line.append_text(_cut(cell, each, fills=True))
        lines.append(line)
    return lines


def _master_parts(status: Status) -> tuple[str, str, float, str, str, str]:
    return "", "master", _number(status, "master_db"), "", "bold", f"{_number(status, 'n_voices'):.0f}"


def _role_parts(number: int, role: Status) -> tuple[str, str, float, str, str, str]:
    level_db, heard_db = _number(role, "level_db"), _number(role, "heard_db", 0.0)
    is_silent = heard_db <= SILENCE_DB
    state = "MUTE" if role.get("muted") else "SOLO" if role.get("soloed") else "off" if is_silent else ""
    style = _DIM if is_silent else "bold" if _number(role, "sounding") > 0 else ""
    n_sounding = _number(role, "sounding")
    return (str(number) if number <= 9 else "", _text(role, "name"), level_db, state, style,
            f"{n_sounding:.0f}" if n_sounding else "")  # fmt: skip


def _role_line(key: str, name: str, level_db: float, state: str, style: str, sounding: str, *, n_name: int,
               width: int) -> Text:  # fmt: skip
    n_bar = max(4, width - n_name - 20)
    state_style = {"MUTE": "bold red", "SOLO": "bold yellow"}.get(state, _DIM)
    level = f"{level_db:+6.1f}" if level_db > LOWEST_DB - 30.0 else "  -inf"
    line = Text("").append(f"{key:>1} {set_cell_size(name, n_name)} ", style=style)
    line.append(f"{state:4} ", style=state_style)
    line.append(bar(place_of(level_db), n_bar), style="blue" if style != _DIM else _DIM)
    return line.append(f"{level} ", style=style).append(f"{sounding:>3}", style="bold green")


def _trouble(status: Status, width: int) -> list[Text]:
    """What is wrong, in red, and nothing where all is well."""
    words = []
    if (missing_s := _number(status, "missing_s")) > 0.0:
        words.append(f"NO SOUND for {missing_s:.1f} s: the engine {_text(status, 'missing_because')}")
    if lost := _text(status, "lost"):
        words.append(f"DEVICE LOST: {lost}")
    if trouble := _text(status, "trouble"):
        words.append(f"NOT WRITTEN: {trouble}")
    lines = [line for word in words for line in _wrapped(word, width - 2, 2)]
    return [Text(set_cell_size(f" {line}", width), style=_RED) for line in lines]


def _numbers(status: Status, width: int) -> list[Text]:
    """Numbers that tell whether it will hold, as many lines as they need."""
    load, worst = 100 * _number(status, "load"), 100 * _number(status, "worst")
    per_s = _number(status, "controls_per_s")
    parts = [
        (f"callback {load:.0f} % worst {worst:.0f} %", _WARN if worst > 50.0 else ""),
        *((f"{words} {_number(status, key):.0f}", style if _number(status, key) else "")
          for key, words, style in _COUNTS if key in _ALWAYS or _number(status, key)),
        (f"latency {_number(status, 'latency_ms'):.1f} ms", ""),
        (f"MIDI {'●' if per_s else '○'} {_number(status, 'controls'):.0f}" + (f" {per_s:.0f}/s" if per_s else ""),
         "green" if per_s else ""),
        (f"voices {_number(status, 'n_voices'):.0f}", ""),
        (f"memory {_number(status, 'memory_mb'):.0f} MB", ""),
        *((words, style) for stands, words, style in ((True, "spare ready", ""), (False, "no spare", _WARN))
          if status.get("spare") is stands),
    ]  # fmt: skip
    lines = [Text("")]
    for words, style in parts:
        if lines[-1].cell_len + len(words) + 3 > width and lines[-1].cell_len:
            lines.append(Text(""))
        lines[-1].append(" " if not lines[-1].cell_len else " · ", style=_DIM).append(words, style=style)
    return lines


_COUNTS = (("late_blocks", "late", "bold red"), ("xruns", "missed", "bold red"), ("restarts", "restarts", "bold red"),
           ("late_starts", "late starts", _WARN), ("dry", "disk late", "bold red"),
           ("poisoned", "silenced", "bold red"), ("refused", "refused", _WARN), ("waiting", "waiting", ""))  # fmt: skip
"""Counters: key, word, style once it is not 0."""
_ALWAYS = ("late_blocks", "xruns", "late_starts", "restarts")


def _keys(keys_help: str, width: int) -> list[Text]:
    """What the keys do, in as many lines as it needs, two at most."""
    lines: list[str] = []
    for one in filter(None, _clean(keys_help).split("  ")):
        if lines and cell_len(lines[-1]) + cell_len(one) + 2 <= width:
            lines[-1] += f"  {one}"
        else:
            lines.append(one)
    return [Text(line, style=_DIM) for line in lines[:2]]


def _rule(width: int) -> Text:
    return Text("─" * width, style=_DIM)


def _cut(line: Text, width: int, *, fills: bool = False) -> Text:
    """A line that is not wider than `width`, or as wide."""
    line = line.copy()
    line.truncate(width, overflow="ellipsis", pad=fills)
    line.no_wrap, line.overflow = True, "crop"
    return line


def _clock(seconds: float, *, long: bool = False) -> str:
    """Seconds as m:ss, or h:mm:ss where they are many, or `long`."""
    whole = max(0, int(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours or long else f"{minutes}:{whole % 60:02}"


def _clean(words: str) -> str:
    """Words without what moves a cursor: a title of somebody else's must not draw on this screen."""
    return "".join(sign if sign.isprintable() else " " for sign in words)


def _text(status: Status, key: str) -> str:
    value = status.get(key, "")
    return _clean(value) if isinstance(value, str) else ""


def _number(status: Status, key: str, usual: float = 0.0) -> float:
    return _finite(status.get(key, usual), usual)


def _finite(value: object, usual: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else usual  # type: ignore[arg-type]


def _list(status: Status, key: str) -> list[Any]:
    value = status.get(key, ())
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) else []


def _numbers_of(status: Status, key: str) -> list[float]:
    return [_finite(value, SILENCE_DB) for value in _list(status, key)]
