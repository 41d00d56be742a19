"""A score without a cast casts itself: the best assignment of what the catalogue holds to what the parts ask for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from soundscape.arrangement.cast import Cast, Reason, Role
from soundscape.arrangement.demands import Demand, demands_of
from soundscape.arrangement.ensembles import Ensemble, ensembles_of, is_on_stage
from soundscape.arrangement.suitability import KEY_WEIGHTS, WEIGHTS, key_suitability, suitability, total_of
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.segment import Segment
from soundscape.catalogue.tags import family_of
from soundscape.catalogue.terms import Is
from soundscape.errors import PieceError
from soundscape.score.score import Score
from soundscape.space.trajectory import Trajectory, point_at

AGAIN_COSTS = 0.1
"""Suitability that a sound must be better by to be given to one more part."""
MOST_AGAIN = 6
MOST_VOICES = 12
LONGEST_HIT_S = 6.0
LONG_TEXTURE_DB = -5.0
USUAL_LEVEL_DB = -8.0
"""Parts that a score plays more softly than this are helped, by a share of what they lack, to be heard at all."""
HELP, MOST_HELP_DB = 0.65, 24.0

SEATS_DEG = (0.0, 32.0, -32.0, 62.0, -62.0, 95.0, -95.0, 128.0, -128.0, 160.0, -160.0, 180.0)
"""Azimuths of parts from the lowest up: bass in the middle in front, the others round the listener."""
KEY_SEATS_DEG = (0.0, 20.0, -20.0, 75.0, -75.0, 45.0, -45.0, 110.0, -110.0, 140.0, -140.0, 170.0)
FAMILY_SEATS_DEG = {"gates": 35.0, "wind": 50.0, "instruments": 0.0, "rest": 50.0}
"""Gates, wind and the rest of the world stand further to the sides and back than instruments."""


def cast_for(score: Score, catalogue: Catalogue) -> Cast:
    """Cast that lets a catalogue play a score, with the reasons.

    Each part, and each key of a percussion part, becomes a role. All of them are assigned together, so that the whole
    suits best; giving the same sounds to several parts has a price.

    Raises
    ------
    PieceError
        If the score has no notes or the catalogue nothing that can play.
    """
    demands = demands_of(score)
    if not demands:
        raise PieceError(f"the score {score.title!r} has no notes", hint="choose a MIDI file that plays something")
    melodic = [demand for demand in demands if demand.is_melodic]
    keys = [demand for demand in demands if not demand.is_melodic]
    ensembles = ensembles_of(catalogue)
    if not ensembles:
        raise PieceError(f"nothing in the catalogue can play the {len(demands)} parts of {score.title!r}",
                         hint="ingest recordings of gates, wind or instruments, or write a piece")  # fmt: skip
    found = {**_cast_parts(melodic, ensembles), **_cast_keys(keys, catalogue)}
    ordered = [found[demand.name] for demand in demands]
    return Cast(tuple(role for role, _ in ordered), tuple(reason for _, reason in ordered))


def _cast_parts(demands: Sequence[Demand], ensembles: Sequence[Ensemble]) -> dict[str, tuple[Role, Reason]]:
    terms = [[suitability(demand, ensemble) for ensemble in ensembles] for demand in demands]
    totals = np.array([[total_of(one, WEIGHTS) for one in row] for row in terms]).reshape(len(demands), len(ensembles))
    chosen = assignment(totals, [math.sqrt(demand.n_notes) for demand in demands])
    seats = _seats([demand.median_pitch for demand in demands])
    made = {}
    for row, demand in enumerate(demands):
        ensemble = ensembles[chosen[row]]
        azimuth_deg = SEATS_DEG[seats[row] % len(SEATS_DEG)]
        names = [one.tag for one in ensembles]
        reason = _reason(demand, names, chosen[row], terms[row], totals[row])
        made[demand.name] = _part_role(demand, ensemble, azimuth_deg), reason
    return made


def _cast_keys(demands: Sequence[Demand], catalogue: Catalogue) -> dict[str, tuple[Role, Reason]]:
    segments = [one for one in catalogue.segments if is_on_stage(one.tag) and one.duration_s <= LONGEST_HIT_S
                and one.kind not in ("texture", "phrase")]  # fmt: skip
    segments = segments or [one for one in catalogue.segments if is_on_stage(one.tag) and one.kind != "phrase"]
    if not demands:
        return {}
    takes = catalogue.recordings
    terms = [[key_suitability(demand, one, takes[one.recording_id]) for one in segments] for demand in demands]
    totals = np.array([[total_of(one, KEY_WEIGHTS) for one in row] for row in terms])
    chosen = assignment(totals, [math.sqrt(demand.n_notes) for demand in demands])
    names = [f"{one.tag} ({catalogue.recordings[one.recording_id].title}, {one.start_s:.1f} s)" for one in segments]
    seats = _seats([demand.key.brightness_hz if demand.key else 0.0 for demand in demands])
    made = {}
    for row, demand in enumerate(demands):
        azimuth_deg = KEY_SEATS_DEG[seats[row] % len(KEY_SEATS_DEG)]
        reason = _reason(demand, names, chosen[row], terms[row], totals[row])
        made[demand.name] = _key_role(demand, segments[chosen[row]], azimuth_deg), reason
    return made


def assignment(totals: NDArray[np.float64], importance: Sequence[float]) -> list[int]:
    """Column for each row, so that the importance-weighted sum is highest; each further use of a column has its price.

    Examples
    --------
    >>> assignment(np.array([[0.9, 0.85], [0.9, 0.2]]), [1.0, 1.0])
    [1, 0]
    """
    if not len(totals):
        return []
    weights = np.asarray(importance, np.float64)[:, None] / max(importance)
    n_again = max(MOST_AGAIN, math.ceil(len(totals) / totals.shape[1]))
    copies = [weights * (totals - AGAIN_COSTS * turn) for turn in range(n_again)]
    rows, columns = linear_sum_assignment(np.concatenate(copies, axis=1), maximize=True)
    return [int(column) % totals.shape[1] for _, column in sorted(zip(rows, columns, strict=True))]


def _reason(demand: Demand, names: Sequence[str], chosen: int, terms: Sequence[dict[str, float]],
            totals: NDArray[np.float64]) -> Reason:  # fmt: skip
    others = [int(place) for place in np.argsort(-totals, kind="stable") if place != chosen][:2]
    return Reason(demand.name, demand.part, names[chosen], tuple(terms[chosen].items()), float(totals[chosen]),
                  tuple((names[place], float(totals[place])) for place in others))  # fmt: skip


def _seats(heights: Sequence[float]) -> list[int]:
    """Rank of each part, the lowest first."""
    order = sorted(range(len(heights)), key=lambda place: (heights[place], place))
    return [order.index(place) for place in range(len(heights))]


def _part_role(demand: Demand, ensemble: Ensemble, azimuth_deg: float) -> Role:
    is_texture = all(segment.kind == "texture" for segment in ensemble.segments)
    voices = min(MOST_VOICES, max(6, math.ceil(2.0 * demand.polyphony) + 3))
    return Role(
        demand.name, parts=(demand.part,), wants=ensemble.query, max_voices=voices,
        pitch="following bends" if len(ensemble.pitches) else "as it is",
        path=_seat(azimuth_deg, ensemble.tag, demand.median_pitch),
        gain_db=_balance_db(demand) + (LONG_TEXTURE_DB if is_texture else 0.0),
        spread_deg=60.0 if is_texture else 0.0,
    )  # fmt: skip


def _key_role(demand: Demand, segment: Segment, azimuth_deg: float) -> Role:
    pitch = demand.pitches[0][0]
    return Role(
        demand.name, parts=(demand.part,), pitches=(pitch, pitch), wants=Is("id", "=", segment.id), pitch="as it is",
        max_voices=3, path=_seat(azimuth_deg, segment.tag, 60.0), gain_db=_balance_db(demand),
    )  # fmt: skip


def _seat(azimuth_deg: float, tag: str, pitch: float) -> Trajectory:
    """Place of a role: outward by its family, and the higher the higher it sounds."""
    outward = FAMILY_SEATS_DEG[family_of(tag)]
    turned = azimuth_deg * (1.0 + outward * (1.0 / max(abs(azimuth_deg), 1.0) - 1.0 / 180.0))
    elevation_deg = min(35.0, max(0.0, (pitch - 66.0) * 1.5))
    return Trajectory.still(*point_at(turned, elevation_deg, 2.0))


def _balance_db(demand: Demand) -> float:
    """A busy part is softened and a rare one is raised a little, so that each is heard."""
    crowd_db = -10.0 * math.log10(max(1.0, demand.polyphony))
    haste_db = -3.0 * min(1.0, 0.15 / max(demand.interval_s, 0.05))
    softness_db = max(0.0, USUAL_LEVEL_DB - demand.level_db)
    return max(-9.0, crowd_db + haste_db) + min(MOST_HELP_DB, HELP * softness_db)
