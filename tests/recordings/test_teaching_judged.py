"""What is taught with, how folds are made, and how success is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recordings.teaching.corpus import (
    OF_OWN,
    OWN_SOURCE,
    Example,
    Sound,
    collection_of,
    folds_of,
    own_sounds,
    shares,
    taught_name,
    without_copies,
)
from recordings.teaching.corpus_judged import Judged, calibration_error, family_f1, judged, summary, tag_f1
from recordings.teaching.corpus_settled import COST, Settled, settled, settled_apart
from recordings.teaching.corpus_widened import widened
from soundscape.analysis.frames import N_BANDS
from soundscape.analysis.taggers.columns import Look
from soundscape.analysis.taggers.convolutional import Convolutional
from soundscape.analysis.taggers.measured import N_MEASURED
from soundscape.analysis.taggers.network import OF_BANDS, Model, Namer
from soundscape.analysis.taggers.shipped import probabilities
from soundscape.analysis.taggers.vocabulary import NAMES

N = len(NAMES) + 1


def sounds(**sizes: int) -> list[Sound]:
    return [Sound(Path(f"{n}.wav"), "bell", source, "CC0-1.0") for source, size in sizes.items() for n in range(size)]


def test_no_source_is_in_two_folds() -> None:
    of = sounds(one=5, two=3, three=3, four=1)
    folds = folds_of(of, 3)
    assert len({(sound.source, fold) for sound, fold in zip(of, folds, strict=True)}) == 4
    assert np.bincount(folds).tolist() == [5, 4, 3]


def test_a_large_collection_counts_more_than_a_small_one_but_each_of_its_sounds_less() -> None:
    drawn = shares(sounds(large=100, small=4))
    assert drawn.sum() == pytest.approx(1.0)
    assert drawn[:100].sum() == pytest.approx(5.0 * drawn[100:].sum())
    assert drawn[0] < drawn[-1]


def test_the_takes_of_this_collection_count_as_four_of_their_size() -> None:
    drawn = shares(sounds(one=9, **{OWN_SOURCE: 9}))
    assert drawn[9:].sum() == pytest.approx(OF_OWN * drawn[:9].sum())


def test_a_take_of_this_collection_that_has_no_name_is_another_sound() -> None:
    named = {sound.path.stem: sound.name for sound in own_sounds()}
    assert (named["bell_bronze_low"], named["gate_bolt"], named["gate_chain"]) == ("bell", "gate.latch", "other")


def test_only_free_licences_without_copyleft_teach() -> None:
    licences = ("CC0-1.0", "CC-BY-4.0", "MIT", "CC-BY-SA-3.0", "GPL-2.0", "eval-only")
    teach = [licence for licence in licences if Sound(Path("a.wav"), "bell", "one", licence).may_teach]
    assert teach == ["CC0-1.0", "CC-BY-4.0", "MIT"]


def test_a_tag_is_taught_as_the_name_above_it_or_not_at_all() -> None:
    assert [taught_name(tag) for tag in ("bell.bronze", "wind.gust", "gate.creak", "instrument")] == [
        "bell", "wind", "gate.creak", ""]  # fmt: skip


def of(said: list[int], truth: list[int], sure: float = 0.9) -> Judged:
    shares_ = np.full((len(said), N), (1.0 - sure) / (N - 1))
    shares_[np.arange(len(said)), said] = sure
    return Judged(np.log(shares_), np.array(truth), np.ones(len(said)), (Path("a.wav"),) * len(said))


def test_f1_of_tags_and_of_families() -> None:
    bell, gong, wind = (NAMES.index(name) for name in ("bell", "gong", "wind"))
    said = of([bell, gong, wind, wind], [bell, bell, wind, gong])
    assert tag_f1(said)[[bell, gong, wind]] == pytest.approx([2 / 3, 0.0, 2 / 3])
    assert family_f1(said)[[1, 2]] == pytest.approx([2 / 3, 0.8])


def test_what_is_judged_is_the_likeliest_name_of_the_likeliest_family() -> None:
    gates = [NAMES.index(name) for name in ("gate.creak", "gate.knock", "gate.slam", "gate.latch")]
    wind, rest = NAMES.index("wind"), NAMES.index("rain")
    likely = np.full((2, N), 1e-4)
    likely[0, gates], likely[0, wind] = (0.2, 0.24, 0.2, 0.2), 0.28
    likely[1, wind], likely[1, rest] = 0.5, 0.3
    said = Judged(np.log(likely), np.array([gates[1], wind]), np.ones(2), (Path("a.wav"), Path("b.wav")))
    assert tag_f1(said)[[gates[1], wind]].tolist() == [1.0, 1.0]
    assert family_f1(said)[[0, 1]].tolist() == [1.0, 1.0]


SHAPES = (N_BANDS, N_BANDS, (5, 5, 1, 1), 1, (3, 3, 1, 1), 1, (3, 3, 1, 1), 1, (3, 3, 1, 1), 1, (5, 1), 1, (2, N), N)
UNSURE = Convolutional(*(np.zeros(shape, np.float32) for shape in SHAPES))
"""To which all pictures are alike."""


def look_at(*columns: float) -> Look:
    return Look(np.array(columns, np.float32), np.zeros((1, N_BANDS), np.float16))


def one_look(value: float, segment: int, *, is_widened: bool = False) -> Example:
    return Example(look_at(value), is_widened, segment)


def test_a_segment_is_judged_once_by_all_its_looks_and_a_sound_counts_as_one() -> None:
    bell, out = NAMES.index("bell"), np.zeros((1, N), np.float32)
    out[0, bell] = 1.0
    zeros, ones = np.zeros(1, np.float32), np.ones((1, 1), np.float32)
    model = Model((Namer(zeros, zeros + 1.0, ones, zeros, out, np.zeros(N, np.float32)),), UNSURE)
    looks = [one_look(3.0, 0), one_look(0.0, 0), one_look(2.0, 1), one_look(4.0, 2, is_widened=True)]
    said = judged(model, [(Sound(Path("here/a.wav"), "bell", "one", "MIT"), looks)])
    alone = [judged(model, [(Sound(Path("a.wav"), "bell", "one", "MIT"), [look])]) for look in looks[:3]]
    assert said.logs[0] == pytest.approx((alone[0].logs[0] + alone[1].logs[0]) / 2.0)
    assert said.logs[1] == pytest.approx(alone[2].logs[0])
    assert said.weights.tolist() == [0.5, 0.5]
    assert len(said.within(Path("here")).truth) == 2
    assert len(said.within(Path("there")).truth) == 0


def test_a_model_says_what_its_columns_and_its_bands_say_together() -> None:
    rng = np.random.default_rng(7)
    tables = [rng.normal(0.0, 0.3, shape).astype(np.float32) for shape in SHAPES]
    ends = [rng.normal(0.0, 1.0, shape).astype(np.float32) for shape in ((4, 8), (8,), (8, N), (N,))]
    namers = tuple(Namer(np.full(4, mean, np.float32), np.ones(4, np.float32), *ends) for mean in (0.0, 0.5))
    looks = [Look(row, rng.normal(-20.0, 9.0, (30, N_BANDS)).astype(np.float16))
             for row in rng.normal(0.0, 1.0, (2, 4)).astype(np.float32)]  # fmt: skip
    model = Model(namers, Convolutional(*tables))
    for said, look in zip(model.log_shares(looks), looks, strict=True):
        by_columns = [namer.log_shares(look.columns[None])[0] for namer in namers]
        by_bands = model.convolutional.log_shares(look.bands)
        assert said == pytest.approx((by_columns[0] + by_columns[1]) / 2.0 + OF_BANDS * by_bands, abs=1e-5)


def test_copies_are_known_whatever_was_measured_of_them() -> None:
    rng = np.random.default_rng(6)
    columns = rng.normal(0.0, 1.0, (9, 30 + N_MEASURED))
    looks = [Example(look_at(*row), is_widened=False, segment=0) for row in columns]
    heard = [(Sound(Path(f"{number}.wav"), "bell", str(number), "MIT"), [one]) for number, one in enumerate(looks)]
    columns[4, 30:] = np.nan
    look = Example(look_at(*columns[4]), is_widened=False, segment=0)
    copy = (Sound(Path("copy.wav"), "bell", "other", "MIT"), [look])
    assert without_copies(heard, [copy]) == [one for one in heard if one[0].path.name != "4.wav"]


def test_repositories_of_the_same_hands_are_one_collection() -> None:
    assert collection_of("VoxeLibre/VoxeLibre") == collection_of("MineClone2/MineClone2")
    assert collection_of("sfzinstruments/karoryfer.meatbass") == collection_of("sfzinstruments/dsmolken.double-bass")
    assert collection_of("FluidR3_GM/1-0") == collection_of("FluidR3_GM/2-0")
    assert collection_of("sfzinstruments/MTG.SoloSax") == "sfzinstruments/MTG.SoloSax"


def test_calibration_is_exact_where_nine_of_ten_sure_ones_are_right_and_the_temperature_is_one() -> None:
    assert calibration_error(of([0] * 10, [0] * 9 + [1])) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(of([0] * 10, [0] * 5 + [1] * 5)) == pytest.approx(0.4)


def test_too_much_confidence_is_cooled() -> None:
    made = settled(of([0, 0, 1, 1], [0, 1, 1, 0], sure=0.99))
    assert made.temperature > 2.0
    assert made.offsets[0] == pytest.approx(made.offsets[1])


def test_a_name_said_too_often_is_said_less() -> None:
    bell, gong = NAMES.index("bell"), NAMES.index("gong")
    said = of([bell] * 16 + [gong] * 4, [bell] * 10 + [gong] * 10, sure=0.6)
    made = settled(said)
    assert made.offsets[bell] < 0.0 < made.offsets[gong]
    assert made.offsets[-1] == 0.0

    def cost(of: Settled) -> float:
        truth = of.said(said).probabilities()[np.arange(20), said.truth]
        return -float(np.log(truth).mean()) + COST * float(np.square(of.offsets).sum())

    for name, by in ((bell, 0.1), (bell, -0.1), (gong, 0.1), (gong, -0.1)):
        offsets = made.offsets.copy()
        offsets[name] += by
        assert cost(made._replace(offsets=offsets)) > cost(made)
    assert cost(made._replace(temperature=1.1 * made.temperature)) > cost(made)


def test_every_name_is_as_important_as_another() -> None:
    bell, gong = NAMES.index("bell"), NAMES.index("gong")
    few = of([bell, gong, gong, bell], [bell, bell, gong, gong])
    many = of([bell, gong] * 50 + [gong, bell], [bell] * 100 + [gong] * 2)
    assert settled(many).offsets == pytest.approx(settled(few).offsets, abs=1e-3)


def test_a_settled_model_says_by_itself_what_was_settled() -> None:
    rng = np.random.default_rng(3)
    tables = [rng.normal(0.0, 1.0, shape).astype(np.float32) for shape in ((4, 8), (8,), (8, N), (N,))]
    zeros = np.zeros(4, np.float32)
    model = Model((Namer(zeros, zeros + 1.0, *tables), Namer(zeros, zeros + 2.0, *tables)), UNSURE)
    looks = [look_at(*row) for row in rng.normal(0.0, 1.0, (40, 4))]
    logs = np.asarray(model.log_shares(looks), np.float64)
    said = Judged(logs, rng.integers(0, N, 40), np.ones(40), (Path("a.wav"),) * 40)
    made = settled(said)
    wanted = made.said(said).probabilities()
    for row, look in zip(wanted, looks, strict=True):
        assert probabilities(made.model(model), [look]) == pytest.approx(row, abs=1e-6)


def test_a_fold_is_settled_by_the_others() -> None:
    cold, hot = of([0, 0, 1, 1], [0, 1, 1, 0], sure=0.99), of([0, 1], [0, 1], sure=0.6)
    both = settled_apart([cold, hot])
    assert both.logs[:4] == pytest.approx(settled(hot).said(cold).logs)
    assert both.logs[4:] == pytest.approx(settled(cold).said(hot).logs)


def test_a_summary_tells_what_a_name_is_taken_for() -> None:
    bell, gong = NAMES.index("bell"), NAMES.index("gong")
    line = next(line for line in summary(of([bell, gong], [bell, bell])).splitlines() if line.startswith("bell"))
    assert line == "bell                 2 sounds, F1 0.67: bell 0.50, gong 0.50"


def test_a_widened_sound_is_another_one_from_the_same_seed_the_same() -> None:
    sound = np.float32(np.random.default_rng(1).normal(0.0, 0.1, 24_000))
    first, again, other = (widened(sound, 48_000, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert all(np.isfinite(one).all() and 0.0 < np.abs(one).max() <= 1.0 for one in (first, other))
