"""Gates: stick-slip creaks, hinges, bolts, knockers, slams, chains, from what `contacts` has of friction and blows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recordings.models.blocks import (
    SOUND_M_PER_S,
    background,
    band,
    below,
    frames,
    hum,
    laid_out,
    levelled,
    modes,
    place,
    recorded,
    wandering,
)
from recordings.models.contacts import (
    BOLT,
    BOLT_HEAD,
    GRAVITY_M_PER_S2,
    HEAVY,
    HINGE,
    PIVOT,
    RING,
    STILE,
    Body,
    bar_body,
    bearing_of,
    blows,
    heard_of,
    leaf_body,
    ring_body,
    rubbed,
    struck,
)
from recordings.take import RATE_HZ, Signal, Take


def opening(rng: np.random.Generator, seconds: float, *, speed_m_per_s: float) -> Signal:
    """Speed (n,) at the pivot while somebody pushes a leaf open: it starts, wavers, and comes to rest."""
    n = frames(seconds)
    share = np.linspace(0.0, 1.0, n)
    held = np.minimum(1.0, 0.15 + share / 0.2) * np.minimum(1.0, 0.06 + (1.0 - share) / 0.3)
    hand = 2.0 ** (2.4 * wandering(rng, n, times_per_s=1.6) - 1.2)
    return np.asarray(speed_m_per_s * held * hand)


def leaning(rng: np.random.Generator, n_frames: int, *, times_per_s: float, least: float) -> Signal:
    """Load (n,) on a worn pivot as it turns, from `least` to 1."""
    return np.asarray(least + (1.0 - least) * wandering(rng, n_frames, times_per_s=times_per_s) ** 1.5)


def creak(rng: np.random.Generator, seconds: float, *, speed_m_per_s: float) -> Signal:
    """One opening (n,) of the heavy leaf on its two pivots of wood, the lower of which carries it.

    As the pivot turns in its socket, it rests on one side and then on another, and so sounds another part of it.
    """
    drive = opening(rng, seconds, speed_m_per_s=speed_m_per_s)
    n = len(drive)
    total = np.zeros(n + frames(0.8) - 1)
    upper = replace(PIVOT, static_n=240.0, sliding_n=150.0, mass_kg=0.012, stiffness_n_per_m=2.8e6, rough=0.03)
    for rub, height, least in ((PIVOT, 0.98, 0.3), (upper, 0.02, 0.0)):
        load = leaning(rng, n, times_per_s=2.5, least=least)
        sides = [bearing_of(rng, 22, low_hz=260.0, high_hz=7_000.0, t60_s=0.035, mass_kg=30.0) for _ in range(3)]
        force, _ = rubbed(rng, drive, load, rub, sides[0])
        for side in sides:
            total += heard_of(force * wandering(rng, n, times_per_s=1.5) ** 2, side, seconds=0.8)
        leaf = leaf_body(rng, HEAVY, at=(0.02, height))
        total += heard_of(force, replace(leaf, heard=0.013 * leaf.heard), seconds=0.8)
    return total


def squeal(rng: np.random.Generator, seconds: float, *, speed_m_per_s: float) -> Signal:
    """One turn (n,) of an iron hinge on its pin: slips so close that they make a pitch, which follows the speed."""
    drive = opening(rng, seconds, speed_m_per_s=speed_m_per_s)
    n = len(drive)
    load = leaning(rng, n, times_per_s=2.0, least=0.7)
    straps = [bearing_of(rng, 16, low_hz=600.0, high_hz=8_000.0, t60_s=0.08, mass_kg=30.0) for _ in range(2)]
    held = replace(straps[0], mass_kg=100.0 * straps[0].mass_kg)  # nailed to the leaf, it hardly gives way
    force, _ = rubbed(rng, drive, load, HINGE, held)
    leaf = leaf_body(rng, HEAVY, at=(0.0, 0.2))
    total = heard_of(force, replace(leaf, heard=0.04 * leaf.heard), seconds=0.6)
    for strap in straps:
        total += heard_of(force * (0.3 + 0.7 * wandering(rng, n, times_per_s=2.0)), strap, seconds=0.6)
    return total


def bolt(rng: np.random.Generator, seconds: float, *, speed_m_per_s: float) -> Signal:
    """An iron bolt (n,) pushed home: it rubs in its staples, rattles in them, and strikes the stop."""
    n = frames(seconds)
    share = np.linspace(0.0, 1.0, n)
    drive = speed_m_per_s * (0.35 + 0.9 * share) * (0.4 + 1.2 * wandering(rng, n, times_per_s=7.0))
    bar = bar_body(rng, length_m=0.55, bar_m=0.03, t60_s=0.08)
    staple = bearing_of(rng, 50, low_hz=500.0, high_hz=10_000.0, t60_s=0.04, mass_kg=1.0)
    leaf = leaf_body(rng, HEAVY, at=(0.93, 0.45))
    load = leaning(rng, n, times_per_s=6.0, least=0.3)
    force, slips = rubbed(rng, drive, load, BOLT, replace(bar, mass_kg=20.0 * bar.mass_kg))
    scraped = band(rng.standard_normal(n), 900.0, 7_000.0, order=1) * slips * below(drive, 60.0) / speed_m_per_s
    bodies = (replace(bar, heard=0.3 * bar.heard), staple, replace(leaf, heard=8.0 * leaf.heard))
    sounds = [(0.0, heard_of(force + 70.0 * scraped, *bodies, seconds=0.5))]
    for at_s in np.sort(rng.uniform(0.0, seconds - 0.05, 1 + rng.poisson(9.0 * seconds))):
        force = struck(replace(BOLT_HEAD, mass_kg=0.3), float(rng.uniform(0.03, 0.2)), bar, 0.02)
        sounds.append((float(at_s), heard_of(force, *bodies, seconds=0.4)))
    stop = struck(BOLT_HEAD, 5.0 * speed_m_per_s, leaf, 0.15)
    sounds.append((seconds - 0.01, heard_of(stop, *bodies, seconds=0.8)))
    return laid_out(seconds + 0.9, sounds)


def knock(rng: np.random.Generator, leaf: Body, ring: Body, *, speed_m_per_s: float) -> Signal:
    """The ring let fall on its boss (n,): leaf and ring sound, and the ring bounces once or twice."""
    force = struck(replace(RING, mass_kg=RING.mass_kg * float(rng.uniform(0.9, 1.1))), speed_m_per_s, leaf, 0.25)
    force *= np.minimum(1.0, (len(force) - np.arange(len(force))) / frames(0.05))
    return heard_of(force, leaf, replace(ring, heard=0.004 * ring.heard), seconds=0.9)


def slam(rng: np.random.Generator, *, speed_m_per_s: float) -> Signal:
    """The leaf falls shut (n,): its stile meets the frame here and there within some ms, and the iron on it rattles.

    Wood is rough: where beams meet, many small blows of splinters, grit and studs come before the beams give way.
    What stops the leaf stops the air it pushes as well: a thump of the whole leaf, without modes.
    """
    seconds, n_small = 0.3, 24
    total = np.zeros(frames(seconds) + frames(1.3) - 1)
    small_all = np.zeros(frames(seconds))
    for _ in range(7):
        leaf = leaf_body(rng, HEAVY, at=(0.98, float(rng.uniform(0.0, 1.0))), top_hz=9_000.0)
        late = frames(0.001 + float(rng.exponential(0.0025)))
        force = np.zeros(frames(seconds))
        force[late:] = struck(STILE, speed_m_per_s * float(rng.uniform(0.6, 1.2)), leaf, seconds)[: len(force) - late]
        impulses = speed_m_per_s**1.2 * rng.lognormal(-2.7, 0.6, n_small)
        at_s = late / RATE_HZ + rng.exponential(0.006, n_small)
        small = blows(rng, len(force), at_s, impulses, rng.uniform(5e-5, 8e-4, n_small))
        total += heard_of(force + small, leaf, seconds=1.3)
        total[: len(force)] += 2e-8 * band(force, 35.0, 140.0, order=1)
        small_all += small
    stud = bearing_of(rng, 120, low_hz=500.0, high_hz=12_000.0, t60_s=0.04, mass_kg=5.0)
    ring = ring_body(rng, radius_m=0.09, bar_m=0.016, t60_s=0.25)
    hits = [(float(at_s), struck(replace(RING, mass_kg=0.6), 0.15 * speed_m_per_s * float(strength), leaf, 0.05))
            for at_s, strength in zip(0.01 + np.cumsum(rng.exponential(0.03, 6)), rng.uniform(0.3, 1.0, 6),
                                      strict=True)]  # fmt: skip
    rattle = laid_out(seconds, hits)
    total += heard_of(small_all, stud, seconds=1.3) + heard_of(rattle, leaf, seconds=1.3)
    return total + heard_of(rattle, replace(ring, heard=0.02 * ring.heard), seconds=1.3)


def hall(rng: np.random.Generator, *, size_m: tuple[float, float, float] = (27.0, 18.0, 11.0), rt60_s: float = 2.6,
         boom_db: float = -8.0) -> Signal:  # fmt: skip
    """Answer (n, 2) of a hall of stone: its lowest modes one by one, then the diffuse tail.

    Below some 100 Hz the modes of a box, f = c / 2 |n / size| (Kuttruff, Room Acoustics), `boom_db` over the tail.
    """
    numbers = np.stack(np.meshgrid(*[np.arange(16.0)] * 3), axis=-1).reshape(-1, 3)
    hz = SOUND_M_PER_S / 2.0 * np.sqrt(np.sum((numbers / np.asarray(size_m)) ** 2, axis=1))
    hz = hz[(hz > 24.0) & (hz < 95.0)]
    t60_s = 1.1 * rt60_s * rng.uniform(0.93, 1.07, len(hz))
    tail = place(rng, rt60_s, size_m=0.4 * size_m[2], high_hz=2_500.0)  # the gate is in a wall
    boom = np.zeros_like(tail)
    for side in range(2):
        gain = rng.normal(size=len(hz)) * hz / 60.0
        wave = modes(hz, t60_s, gain, rng.uniform(0.0, 2.0 * np.pi, len(hz)), len(tail) / RATE_HZ)
        boom[:, side] = wave[: len(tail)]
    boom *= 10.0 ** (boom_db / 20.0) / np.sqrt(np.sum(boom**2) / 2.0)
    return tail + boom


BLOW_KG = 0.3 / 8.0
LINK_M = 0.07


def chain(rng: np.random.Generator, at_s: Signal, speed_m_per_s: Signal, seconds: float) -> Signal:
    """Links of a chain (n,) that strike each other or the stone, each at its time and speed.

    A blow lasts as long as Hertz has it, 2.87 (m^2 / (R E^2 v))^(1/5), and its impulse is m v (1 + e); of two links
    that meet with their ends, m is an eighth of one. Forged links are not alike, and how they hang on each other
    tunes them further apart.
    """
    total = np.zeros(frames(seconds))
    lasts_s = 2.87 * (BLOW_KG**2 / (0.0032 * 1.1e11**2 * speed_m_per_s)) ** 0.2
    n_links = 30
    edge = bearing_of(rng, 90, low_hz=180.0, high_hz=14_000.0, t60_s=0.05, mass_kg=1.2)
    of = rng.integers(n_links, size=len(at_s))
    for number in range(n_links):
        link = ring_body(rng, radius_m=float(rng.uniform(0.032, 0.058)), bar_m=0.013, t60_s=0.18)
        link = replace(link, hz=link.hz * rng.uniform(0.45, 1.3, len(link.hz)))
        mine = of == number
        force = blows(rng, len(total), at_s[mine], 1.4 * BLOW_KG * speed_m_per_s[mine], lasts_s[mine])
        total += heard_of(force, link, edge, seconds=0.4)[: len(total)]
    return total


def drawn(rng: np.random.Generator, seconds: float, *, m_per_s: float) -> tuple[Signal, Signal]:
    """Times and speeds of the blows of a chain drawn over an edge: link by link, what each sets off, and grit."""
    link_s = LINK_M / m_per_s
    passed = np.cumsum(link_s * rng.uniform(0.8, 1.2, int(seconds / link_s)))
    n_grit = int(400.0 * seconds)
    at_s, speed = [rng.uniform(0.0, seconds, n_grit)], [0.05 * m_per_s * rng.lognormal(0.0, 0.5, n_grit)]
    for at in passed[passed < seconds - 0.1]:
        n = 4 + rng.poisson(8.0)
        at_s.append(at + np.concatenate([[0.0], rng.exponential(0.05, n)]))
        speed.append(m_per_s * np.concatenate([[rng.uniform(0.5, 0.8)], 0.35 * rng.lognormal(-0.2, 0.5, n)]))
    return np.concatenate(at_s), np.concatenate(speed)


def dropped(rng: np.random.Generator, *, length_m: float, height_m: float) -> tuple[Signal, Signal]:
    """Times and speeds of the blows of a chain that falls in a heap: each link lands as fast as its height has it."""
    n_links = round(length_m / LINK_M)
    heights_m = np.linspace(height_m, height_m + length_m, n_links)
    lands_s = np.sqrt(2.0 * heights_m / GRAVITY_M_PER_S2)
    lands_s = lands_s - lands_s[0] + rng.uniform(0.0, 0.012, n_links)
    speed = np.sqrt(2.0 * GRAVITY_M_PER_S2 * heights_m)
    at, fast = [lands_s], [0.4 * speed]
    for bounce in range(1, 5):
        fast.append(fast[-1] * rng.uniform(0.15, 0.5, n_links))
        at.append(at[-1] + 2.0 * fast[-1] / GRAVITY_M_PER_S2 * rng.uniform(0.3, 1.0, n_links) / bounce)
    return np.concatenate(at), np.concatenate(fast)


Heard = tuple[float, float, Signal]
"""When, from how many metres, and what."""


def taken(rng: np.random.Generator, seconds: float, sounds: list[Heard], answer_of_place: Signal, *, room_db: float,
          peak_db: float, quiet_db: float) -> Signal:  # fmt: skip
    """What one microphone keeps (n, 1) of sounds at their distances, the loudest sample at `peak_db`."""
    total = np.zeros((frames(seconds), 1))
    for distance_m in sorted({away for _, away, _ in sounds}):
        dry = laid_out(seconds, [(at_s, sound) for at_s, away, sound in sounds if away == distance_m])
        total += recorded(dry, answer_of_place, distance_m=distance_m, room_db=room_db)[:, :1]
    return levelled(total, peak_db) + background(rng, len(total), level_db=quiet_db)


def _court(rng: np.random.Generator) -> Signal:
    return place(rng, 0.8, size_m=9.0, high_hz=3_500.0)


def _creaks(rng: np.random.Generator, away_m: tuple[float, ...]) -> list[Heard]:
    """Five openings, slow and fast, seconds apart."""
    played = ((0.8, 2.6, 0.012), (4.9, 1.4, 0.028), (7.8, 3.4, 0.018), (12.7, 1.8, 0.04), (16.0, 2.2, 0.009))
    return [(at_s, away, creak(rng, lasts_s, speed_m_per_s=speed))
            for (at_s, lasts_s, speed), away in zip(played, away_m, strict=True)]  # fmt: skip


def _creak_heavy(rng: np.random.Generator) -> Signal:
    sounds = _creaks(rng, (1.0, 1.0, 1.0, 1.5, 1.0))
    return taken(rng, 20.0, sounds, _court(rng), room_db=-17.0, peak_db=-6.0, quiet_db=-70.0)


def _creak_far(rng: np.random.Generator) -> Signal:
    sounds = _creaks(rng, (18.0, 18.0, 18.0, 18.0, 14.0))
    heard = taken(rng, 20.0, sounds, _court(rng), room_db=-23.0, peak_db=-17.0, quiet_db=-66.0)
    ripple = hum(len(heard), hz=100.0, level_db=-48.0)  # the supply's, on top of the mains'
    return heard + hum(len(heard), hz=50.0, level_db=-41.0) + ripple


def _hinge(rng: np.random.Generator) -> Signal:
    played = ((0.8, 1.6, 0.005), (3.6, 1.1, 0.011), (6.0, 2.2, 0.007), (9.5, 0.9, 0.015), (11.7, 1.8, 0.004))
    sounds = [(at_s, 1.0, squeal(rng, lasts_s, speed_m_per_s=speed)) for at_s, lasts_s, speed in played]
    return taken(rng, 15.0, sounds, _court(rng), room_db=-20.0, peak_db=-9.0, quiet_db=-70.0)


def _bolt(rng: np.random.Generator) -> Signal:
    played = ((0.8, 0.7, 0.15, 0.8), (3.0, 0.5, 0.25, 0.8), (5.2, 0.9, 0.1, 0.8), (8.0, 0.6, 0.2, 2.5),
              (10.3, 0.45, 0.3, 2.5))  # fmt: skip
    sounds = [(at_s, away, bolt(rng, lasts_s, speed_m_per_s=speed)) for at_s, lasts_s, speed, away in played]
    return taken(rng, 13.0, sounds, _court(rng), room_db=-20.0, peak_db=-6.0, quiet_db=-70.0)


def _knocks(rng: np.random.Generator, groups: tuple[tuple[float, int, float], ...], *, away_m: float,
            every_s: float) -> list[Heard]:  # fmt: skip
    """Groups (second, how many, m/s) of knocks with one ring on one leaf."""
    leaf = leaf_body(rng, HEAVY, at=(0.8, 0.4))
    ring = ring_body(rng, radius_m=0.1, bar_m=0.018, t60_s=0.3)
    sounds: list[Heard] = []
    for start_s, count, speed in groups:
        for number in range(count):
            at_s = start_s + every_s * number + float(rng.normal(0.0, 0.02))
            hit = speed * float(rng.uniform(0.85, 1.15))
            sounds.append((at_s, away_m, knock(rng, leaf, ring, speed_m_per_s=hit)))
    return sounds


def _knocker(rng: np.random.Generator) -> Signal:
    groups = ((0.8, 3, 1.5), (4.2, 4, 2.0), (8.4, 2, 1.1), (11.2, 3, 1.8))
    sounds = _knocks(rng, groups, away_m=1.2, every_s=0.52)
    return taken(rng, 14.5, sounds, _court(rng), room_db=-22.0, peak_db=-5.0, quiet_db=-70.0)


def _knocker_dc(rng: np.random.Generator) -> Signal:
    sounds = _knocks(rng, ((0.8, 3, 1.6), (6.2, 2, 2.0)), away_m=1.6, every_s=1.5)
    return 0.015 + taken(rng, 10.0, sounds, _court(rng), room_db=-24.0, peak_db=-6.0, quiet_db=-68.0)


def _slam(rng: np.random.Generator) -> Signal:
    played = ((0.8, 2.5, 1.2), (5.0, 2.5, 2.2), (9.4, 7.0, 1.8), (13.6, 5.0, 0.7))
    sounds = [(at_s, away, slam(rng, speed_m_per_s=speed)) for at_s, away, speed in played]
    return taken(rng, 17.5, sounds, hall(rng), room_db=-17.0, peak_db=-3.0, quiet_db=-70.0)


def _slam_clipped(rng: np.random.Generator) -> Signal:
    played = ((0.8, 2.0, 2.4), (5.8, 2.0, 1.5))
    sounds = [(at_s, away, slam(rng, speed_m_per_s=speed)) for at_s, away, speed in played]
    return taken(rng, 10.5, sounds, hall(rng), room_db=-17.0, peak_db=12.0, quiet_db=-64.0)


def _chain(rng: np.random.Generator) -> Signal:
    played = (
        (0.8, 1.2, drawn(rng, 2.4, m_per_s=0.8)),
        (5.0, 1.2, dropped(rng, length_m=1.8, height_m=0.6)),
        (8.2, 1.2, drawn(rng, 1.6, m_per_s=1.4)),
        (11.4, 3.0, dropped(rng, length_m=2.6, height_m=1.0)),
    )
    sounds = [(at_s, away, chain(rng, *struck_at, 3.2)) for at_s, away, struck_at in played]
    return taken(rng, 14.5, sounds, _court(rng), room_db=-20.0, peak_db=-6.0, quiet_db=-70.0)


TAKES: tuple[Take, ...] = (
    Take("gate_creak_heavy", {"en": "Creaks of a heavy gate", "zh": "沉重木门吱呀声"}, "PM-GATE-01",
         "South gate", ("gate.creak",), _creak_heavy),
    Take("gate_creak_far", {"en": "Creaks of a heavy gate across the court", "zh": "隔院门响"}, "PM-GATE-01",
         "Court before the south gate", ("gate.creak",), _creak_far, faults=("hum",)),
    Take("gate_hinge", {"en": "Squealing iron hinge", "zh": "铁铰链尖叫声"}, "PM-GATE-02", "Side gate, west",
         ("gate.creak", "gate.hinge"), _hinge),
    Take("gate_bolt", {"en": "Iron bolt pushed home", "zh": "推上铁门闩"}, "PM-GATE-03", "South gate, inside",
         ("gate.latch",), _bolt),
    Take("gate_knocker", {"en": "Ring knocker on a heavy gate", "zh": "门环叩门声"}, "PM-GATE-04", "South gate",
         ("gate.knock",), _knocker),
    Take("gate_knocker_dc", {"en": "Ring knocker, with an offset of the recorder", "zh": "门环叩门声（直流偏移）"},
         "PM-GATE-04", "South gate", ("gate.knock",), _knocker_dc, faults=("dc",)),
    Take("gate_slam", {"en": "Gate slammed in the great hall", "zh": "大殿关门声"}, "PM-GATE-05", "Great hall",
         ("gate.slam",), _slam),
    Take("gate_slam_clipped", {"en": "Gate slammed, recorded too loud", "zh": "大殿关门声（过载）"}, "PM-GATE-05",
         "Great hall", ("gate.slam",), _slam_clipped, faults=("clipped",)),
    Take("gate_chain", {"en": "Iron chain drawn and dropped", "zh": "拖放铁链声"}, "PM-GATE-06",
         "South gate, inside", ("gate.chain",), _chain),
)  # fmt: skip
