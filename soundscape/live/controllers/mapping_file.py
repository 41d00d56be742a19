"""Mappings as TOML files: a table for the controller, and one for each thing on it.

::

    [controller]
    name = "My pads"
    ports = ["LPD8*"]                # names of its ports; hears = ["clock", "mtc", "msc"], msc_device, hello

    [[pad]]                          # note, or notes = [first, last] with roles_from
    note = 36
    role = "Great bell"              # or "role 1": the first of the piece, whatever it is called
    trigger = "loop"                 # one-shot, hold, toggle, loop; choke, quantise_beats, pitch, gain_db, velocity

    [[keys]]                         # channel, low, high, transpose; mpe = true, zone, members, bend_semitones,
    role = "Flute"                   # pressure_db, slide, slide_range, and what a pad has

    [[knob]]                         # cc(s), cc14(s), nrpn(s), rpn(s), bend(s) (of channels), pressure
    cc = 7
    to = "level"                     # a role's, or "master"; range, curve, takes_over, relative, start

    [[button]]                       # note(s), cc(s), nrpn(s), rpn(s), programme(s)
    note = 60
    does = "go"                      # a row of DOES; role, cue, name, over_s, to_s, by

    [[feedback]]                     # note(s), cc(s), nrpn(s), rpn(s), bend(s)
    note = 36
    what = "playing"                 # of whom: role, pitch, or cue; on, off, follows, touch

`roles_from = 1` beside `notes`, `ccs` or `bends` gives the first to role 1, the next to role 2, and so on. What stands
for a role that the piece does not have is left out: one file serves pieces of any size.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from soundscape.errors import ControllerError
from soundscape.live.controllers.fields import Read, meant, read_values, row_of, sysex, text, texts, whole
from soundscape.live.controllers.mapping import Surface
from soundscape.live.controllers.rows import TABLES
from soundscape.space.tables import check_keys

_PROTOCOLS = ("clock", "mtc", "msc")

_CONTROLLER: Mapping[str, Read] = {
    "name": text, "ports": texts, "msc_device": whole(0, 127), "hello": sysex,
    "hears": lambda value, where: tuple(row_of(_PROTOCOLS)(one, where) for one in texts(value, where)),
}  # fmt: skip
"""Keys of [controller], and what each may be."""


def shipped_surfaces() -> list[str]:
    """Names of the mappings that come with the program."""
    return sorted(_name_of(file.name) for file in files("soundscape.live").joinpath("mappings").iterdir()
                  if file.name.endswith(".toml"))  # fmt: skip


def load_surface(name_or_path: str | Path, roles: Sequence[str]) -> Surface:
    """Mapping of a file, or of a name that is shipped, for a piece with these roles.

    Raises
    ------
    ControllerError
        If there is no such file, it is not TOML, or a key, a value or a role is wrong.
    """
    shipped = shipped_surfaces()
    if isinstance(name_or_path, str) and not name_or_path.lower().endswith(".toml"):
        if name_or_path not in shipped:
            raise ControllerError(f"there is no mapping {name_or_path!r}" + meant(name_or_path, shipped),
                                  hint=f"mappings: {', '.join(shipped)}; or the path of a .toml file")  # fmt: skip
        found = files("soundscape.live").joinpath("mappings", f"{name_or_path}.toml")
        return surface_from_text(found.read_text(encoding="utf-8"), roles, name_or_path)
    path = Path(name_or_path)
    try:
        return surface_from_text(path.read_text(encoding="utf-8-sig"), roles, str(path))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ControllerError(f"cannot read {path}: {what}", hint="name a mapping (.toml)") from error


def surface_from_text(toml: str, roles: Sequence[str], where: str) -> Surface:
    """Mapping of a text; `where` names it in what is said about it."""
    try:
        document = tomllib.loads(toml)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ControllerError(f"{where} is not TOML: {error}", hint="begin with [controller]") from error
    check_keys(document, ("controller", *TABLES), where=where, error=ControllerError)
    head = document.get("controller")
    if not isinstance(head, dict):
        raise ControllerError(f"{where}: there is no [controller]", hint='begin with [controller] and name = "My pads"')
    values = read_values(head, _CONTROLLER, f"{where}: [controller]")
    values.setdefault("name", _name_of(Path(where).name))
    rows: dict[str, list[Any]] = {name: [] for name in TABLES}
    for name, (keys, make) in TABLES.items():
        tables = document.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise ControllerError(f"{where}: {name} is no list of tables", hint=f"write [[{name}]] above each")
        for count, table in enumerate(tables, 1):
            place = f"{where}: [[{name}]] {count}"
            rows[name] += make(read_values(table, keys, place), roles, place)
    return Surface(**values, pads=tuple(rows["pad"]), keys=tuple(rows["keys"]), knobs=tuple(rows["knob"]),
                   buttons=tuple(rows["button"]), lights=tuple(rows["feedback"]))  # fmt: skip


def _name_of(file: str) -> str:
    return file.removesuffix(".toml")
