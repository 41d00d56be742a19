"""Which events of a plan sound at once: whether another may begin, whether one is missing, when one has to end."""

from __future__ import annotations

from soundscape.arrangement.event import Event
from soundscape.exhibit.exhibit import Exhibit, Layer

_EDGE_S = 1e-9


class Together:
    """What sounds in each layer while a plan is made, in the order of starts.

    An event that fades out is one of the greatest number still, and not of the least any more: so one takes over from
    another without a gap.

    Parameters
    ----------
    round_s
        Length of a stretch whose end meets its beginning: what sounds over the end sounds at the beginning as well.
        None: the end is the end.
    """

    def __init__(self, exhibit: Exhibit, *, round_s: float | None) -> None:
        self._round_s = round_s
        self._sounding: dict[str, list[Event]] = {layer.name: [] for layer in exhibit.layers}
        self._first: dict[str, list[tuple[float, float]]] = {layer.name: [] for layer in exhibit.layers}
        """Where a plan goes round: from when to when what may be met again sounds."""
        self._apart = {layer.name: tuple(other.name for other in exhibit.layers if other.name in layer.apart_from
                                         or layer.name in other.apart_from) for layer in exhibit.layers}  # fmt: skip

    def add(self, event: Event) -> None:
        """An event that begins; none that comes later begins before it."""
        here = [one for one in self._sounding[event.role] if one.end_s > event.start_s]
        self._sounding[event.role] = [*here, event]
        if self._round_s is not None:
            over_s = event.end_s - self._round_s
            self._first[event.role] += [(event.start_s, event.end_s)] + ([(0.0, over_s)] if over_s > 0.0 else [])

    def is_missing(self, layer: Layer, time_s: float) -> bool:
        """Whether fewer sound than must."""
        full = [one for one in self._sounding[layer.name] if one.end_s - one.fade_out_s > time_s + _EDGE_S]
        return len(full) < layer.overlap[0]

    def may_begin(self, layer: Layer, time_s: float, *, is_needed: bool = False) -> bool:
        """Whether one more may sound at a time; one that is needed takes over from what fades out."""
        n_sounding = sum(one.end_s > time_s for one in self._sounding[layer.name])
        return (is_needed or n_sounding < layer.overlap[1]) and not self._is_kept_apart(layer, time_s)

    def ends_by(self, layer: Layer, end_s: float) -> float:
        """When an event that would last until `end_s` has to end, at the latest, for what sounds over the end."""
        if self._round_s is None or end_s <= self._round_s:
            return end_s
        own, over_s = self._first[layer.name], end_s - self._round_s
        edges_s = [0.0, *(start_s for start_s, _ in own)]
        full_s = [edge_s for edge_s in edges_s
                  if sum(start_s <= edge_s < stop_s for start_s, stop_s in own) >= layer.overlap[1]]  # fmt: skip
        apart_s = [start_s for name in self._apart[layer.name] for start_s, _ in self._first[name]]
        return self._round_s + min([over_s, *full_s, *apart_s])

    def _is_kept_apart(self, layer: Layer, time_s: float) -> bool:
        return any(one.end_s > time_s for name in self._apart[layer.name] for one in self._sounding[name])
