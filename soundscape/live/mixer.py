"""Levels, mutes and solos of a show: what each role is brought to, with undo and snapshots. No sound, no time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from soundscape.units import SILENCE_DB

MOST_UNDO = 200
HIGHEST_DB = 24.0
MASTER = ""


@dataclass(frozen=True, slots=True)
class Mix:
    """How everything stands."""

    levels_db: Mapping[str, float] = field(default_factory=dict)
    """By role, and of everything by `MASTER`; 0 dB where none is named."""
    muted: frozenset[str] = frozenset()
    soloed: frozenset[str] = frozenset()

    def heard_db(self, role: str) -> float:
        """Level a role is heard at, before the master's.

        Examples
        --------
        >>> Mix(soloed=frozenset({"Bells"})).heard_db("Wind")
        -120.0
        """
        if role != MASTER and (role in self.muted or (self.soloed and role not in self.soloed)):
            return SILENCE_DB
        return self.levels_db.get(role, 0.0)


class Mixer:
    """A mix that changes, remembers what it was, and keeps some under names."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        self.roles, self.mix = roles, Mix()
        self._before: list[Mix] = []
        self._kept: dict[str, Mix] = {}
        self._moved: str | None = None
        """Whose fader made the last change."""

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the snapshots."""
        return tuple(self._kept)

    def level(self, role: str, level_db: float) -> bool:
        """Bring a role, or everything, to a level; whether there is such a role."""
        if role != MASTER and role not in self.roles:
            return False
        level_db = min(max(level_db, SILENCE_DB), HIGHEST_DB)
        # A fader that is moved is one change, however many messages it sends: the first place is the one to go back to.
        is_same_move = bool(self._before) and self._moved == role
        self._change(replace(self.mix, levels_db={**self.mix.levels_db, role: level_db}), remembers=not is_same_move)
        self._moved = role
        return True

    def mute(self, role: str, on: bool | None) -> bool:  # noqa: FBT001
        """Silence a role or let it sound; None is the other way round."""
        return self._switch("muted", role, on)

    def solo(self, role: str, on: bool | None) -> bool:  # noqa: FBT001
        """Silence all but a role, or no longer."""
        return self._switch("soloed", role, on)

    def undo(self) -> bool:
        """Go back to the mix before the last change; whether there was one."""
        if not self._before:
            return False
        self.mix = self._before.pop()
        self._moved = None
        return True

    def keep(self, name: str) -> None:
        """Remember the mix under a name."""
        self._kept[name] = self.mix

    def recall(self, name: str) -> bool:
        """Bring back what was kept under a name; whether there is such."""
        if name not in self._kept:
            return False
        self._change(self._kept[name])
        return True

    def _switch(self, what: str, role: str, on: bool | None) -> bool:  # noqa: FBT001
        if role not in self.roles:
            return False
        now: frozenset[str] = getattr(self.mix, what)
        wanted = role not in now if on is None else on
        if wanted != (role in now):
            after = now | {role} if wanted else now - {role}
            muted, soloed = (after, self.mix.soloed) if what == "muted" else (self.mix.muted, after)
            self._change(replace(self.mix, muted=muted, soloed=soloed))
        return True

    def _change(self, mix: Mix, *, remembers: bool = True) -> None:
        if remembers:
            self._before = [*self._before[-MOST_UNDO + 1 :], self.mix]
        self.mix = mix
        self._moved = None
