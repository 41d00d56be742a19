"""A model of the user's: heard beside the one that ships, in its words, and refused before any work."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from soundscape.analysis.analyse import analyse
from soundscape.analysis.boundaries import add
from soundscape.analysis.frames import frames_of
from soundscape.analysis.ingest import ingest
from soundscape.analysis.learning import learn
from soundscape.analysis.taggers import shipped
from soundscape.analysis.taggers.described import read_labels
from soundscape.analysis.taggers.onnxfile import check_model_file
from soundscape.analysis.taggers.stronger import Stronger, mapped, merged, merged_names
from soundscape.apps.cli import run
from soundscape.catalogue.store import Store
from soundscape.catalogue.tags import VOCABULARY
from soundscape.errors import AudioError, CatalogueError, TaggerError
from tests.analysis.onnx_writer import loudness_tower, tagger, tensor, text_tower, write

pytest.importorskip("onnxruntime", reason="models of one's own need the extra `tagger`")

PLAIN = 'model = "m.onnx"\nlabels = "labels.csv"\nrate_hz = 16000\nwindow_s = 1.0\n'
LABELS = 'index,mid,display_name\n0,/m/a,Sonar\n1,/m/b,Creak\n2,/m/c,"Violin, fiddle"\n'
SURE_OF_CREAK = (-5.0, 3.0, -5.0)


@pytest.fixture
def creaker(tmp_path: Path) -> Path:
    """A model that hears a creak in everything."""
    return write(tmp_path, tagger__toml=PLAIN, labels__csv=LABELS, m__onnx=tagger(SURE_OF_CREAK))


def noise(path: Path, level: float = 0.1, seed: int = 0) -> Path:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, level * np.random.default_rng(seed).standard_normal(96_000), 48_000)
    return path


@pytest.mark.parametrize("length_s", [0.01, 0.7, 1.0, 2.6, 30.0])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_any_length_of_sound_is_heard(tmp_path: Path, rank: int, length_s: float) -> None:
    path = write(tmp_path, tagger__toml=PLAIN, labels__csv=LABELS, m__onnx=tagger(SURE_OF_CREAK, rank=rank))
    model = Stronger(path)
    assert (model.mapped.names, model.mapped.unmapped) == (("gate.creak", "violin"), ("Sonar",))
    sound = np.random.default_rng(1).standard_normal(round(length_s * 44_100)).astype(np.float32)
    np.testing.assert_allclose(model.hear(frames_of(sound, 44_100)), 1.0 / (1.0 + np.exp([-3.0, 5.0])), rtol=1e-5)


@pytest.mark.parametrize(
    ("output", "expected"),
    [("logits", 1.0 / (1.0 + np.exp(-3.0))), ("logits of one", np.exp(3.0) / (np.exp(3.0) + 2.0 * np.exp(-5.0)))],
)
def test_logits_become_probabilities(tmp_path: Path, output: str, expected: float) -> None:
    toml = PLAIN + f'output = "{output}"\n'
    path = write(tmp_path, tagger__toml=toml, labels__csv=LABELS, m__onnx=tagger(SURE_OF_CREAK, sigmoid=False))
    assert Stronger(path).hear(frames_of(np.ones(8000, np.float32), 16_000))[0] == pytest.approx(expected, rel=1e-5)


def test_who_describes_a_model_knows_best_what_its_labels_mean(tmp_path: Path) -> None:
    toml = PLAIN + '[tags]\nSonar = "cloche"\nCreak = ""\n'
    model = Stronger(write(tmp_path, tagger__toml=toml, labels__csv=LABELS, m__onnx=tagger(SURE_OF_CREAK)))
    assert (model.mapped.names, model.mapped.unmapped) == (("bell", "violin"), ("Creak",))


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_a_spectrogram_is_made_where_one_is_wanted(tmp_path: Path, rank: int) -> None:
    toml = PLAIN + 'input = "mel"\n[mel]\nfmax = 8000.0\nlog = "ln"\nmean = -4.0\nstd = 2.0\n'
    path = write(tmp_path, tagger__toml=toml, labels__csv=LABELS, m__onnx=tagger(SURE_OF_CREAK, rank=rank))
    assert Stronger(path).hear(frames_of(np.ones(8000, np.float32), 16_000))[0] > 0.9


def test_its_word_is_mixed_with_that_of_the_shipped_model(creaker: Path, tmp_path: Path) -> None:
    path = noise(tmp_path / "in" / "one.wav")
    alone, beside = analyse(path), analyse(path, [Stronger(creaker)])
    assert alone.names == shipped.NAMES
    assert beside.names == (*shipped.NAMES, "violin")
    creak = shipped.NAMES.index("gate.creak")
    its = 1.0 / (1.0 + np.exp(-3.0))
    np.testing.assert_allclose(np.exp(beside.scores[:, creak]), 0.3 * np.exp(alone.scores[:, creak]) + 0.7 * its, 1e-4)
    assert all(segment.tag == "gate.creak" for segment in beside.segments)


shares = st.floats(0.0, 1.0, width=32)


@given(st.lists(shares, min_size=3, max_size=3), st.lists(shares, min_size=2, max_size=2))
def test_mixed_probabilities_are_probabilities(own: list[float], its: list[float]) -> None:
    names, told = ("gate.creak", "bell", "wind"), ("bell.bronze", "wind")
    scores = np.log(np.maximum(own, 1e-9)).astype(np.float32)
    mixed, all_names = merged(scores, names, np.array(its, np.float32), told)
    assert all_names == ("gate.creak", "bell", "wind", "bell.bronze")
    assert np.all(mixed <= 0.0)
    assert np.exp(mixed[0]) <= max(own[0], 1e-9) + 1e-6  # what only the shipped one knows never gains
    assert np.exp(mixed[3]) == pytest.approx(max(its[0], 1e-9), rel=1e-5)
    assert min(own[2], its[1]) - 1e-6 <= np.exp(mixed[2]) <= max(own[2], its[1], 1e-9) + 1e-6


def test_every_audioset_name_in_the_vocabulary_finds_a_tag_of_that_name() -> None:
    names = [entry.audioset for entry in VOCABULARY.values() if entry.audioset]
    found = mapped(names)
    assert not found.unmapped
    assert all(VOCABULARY[name].audioset for name in found.names)


@pytest.mark.parametrize(
    ("name", "text"),
    [("l.txt", "Creak\nWind\n"), ("l.json", '["Creak", "Wind"]'), ("l.json", '{"1": "Wind", "0": "Creak"}'),
     ("config.json", '{"model_type": "ast", "label2id": {"x": 0}, "id2label": {"0": "Creak", "1": "Wind"}}'),
     ("config.json", '{"id2label": ["Creak", "Wind"]}'),
     ("l.csv", "0,Creak\n1,Wind\n"), ("l.csv", "mid,display_name,more\na,Creak,x\nb,Wind,y\n")],
)  # fmt: skip
def test_labels_are_read_from_what_models_come_with(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_labels(tmp_path / name) == ("Creak", "Wind")


GOOD = {"tagger__toml": PLAIN, "labels__csv": LABELS, "m__onnx": tagger(SURE_OF_CREAK)}
CONFIG = {"tagger__toml": PLAIN.replace("labels.csv", "config.json")}
WRONG: list[tuple[str, dict[str, bytes | str], str]] = [
    ("text for a model", {"m__onnx": "this is no model"}, "is no ONNX model"),
    ("an empty model", {"m__onnx": b""}, "is no ONNX model"),
    ("half a model", {"m__onnx": GOOD["m__onnx"][:60]}, "is no ONNX model"),  # type: ignore[dict-item]
    ("a sound for a model", {"m__onnx": b"RIFF\x24\x08\x00\x00WAVEfmt "}, "is no ONNX model"),
    ("operators of its own", {"m__onnx": tagger(SURE_OF_CREAK, domain="evil.ops")}, "cannot be run"),
    ("weights outside", {"m__onnx": tagger(SURE_OF_CREAK, location="../weights.bin")}, "outside its folder"),
    ("weights anywhere", {"m__onnx": tagger(SURE_OF_CREAK, location="/etc/passwd")}, "outside its folder"),
    ("weights missing", {"m__onnx": tagger(SURE_OF_CREAK, location="weights.bin")}, "lacks its weights"),
    ("too few values", {"m__onnx": tagger((1.0, 2.0))}, "gives 2 values for 3 labels"),
    ("too many dimensions", {"m__onnx": tagger(SURE_OF_CREAK, rank=5)}, "takes 5 dimensions"),
    ("no probabilities", {"m__onnx": tagger(SURE_OF_CREAK, sigmoid=False)}, "no probabilities"),
    ("no numbers", {"m__onnx": tagger((np.nan, 0.0, 0.0))}, "no number"),
    ("words, not sound", {"m__onnx": text_tower([[0.0, 1.0]])}, "takes tensor(int64)"),
    ("no label known", {"labels__csv": "a\nqq1\nqq2\n"}, "no label of"),
    ("a label twice", {"labels__csv": "Creak\nCreak\nWind\n"}, "label 2 is Creak again"),
    ("no labels", {"labels__csv": ""}, "has 0 labels"),
    ("a config without labels", {**CONFIG, "config__json": '{"model_type": "ast"}'}, "cannot be understood"),
    ("a config with half of them", {**CONFIG, "config__json": '{"id2label": {"0": "Creak", "2": "Wind"}}'}, "0, 1, 2"),
    ("labels that are no text", {"labels__csv": b"\xff\xfe\x00"}, "no text"),
    ("no TOML", {"tagger__toml": "model = "}, "tagger.toml"),
    ("a word nobody knows", {"tagger__toml": PLAIN + "colour = 3\n"}, "there is no colour"),
    ("a number in quotes", {"tagger__toml": PLAIN.replace("16000", '"16000"')}, "rate_hz = '16000'"),
    ("no rate", {"tagger__toml": PLAIN.replace("rate_hz = 16000\n", "")}, "rate_hz is missing"),
    ("an endless window", {"tagger__toml": PLAIN.replace("1.0", "1e9")}, "window_s = 1000000000.0"),
    ("a model elsewhere", {"tagger__toml": PLAIN.replace("m.onnx", "../m.onnx")}, "out of its folder"),
    ("no labels file", {"tagger__toml": PLAIN.replace('labels = "labels.csv"\n', "")}, "no labels file"),
    ("another output", {"tagger__toml": PLAIN + 'output_name = "x"\n'}, "no output 'x'"),
    ("another kind of input", {"tagger__toml": PLAIN + 'input = "picture"\n'}, "input = 'picture'"),
    ("bands above the rate", {"tagger__toml": PLAIN + 'input = "mel"\n'}, "mel.fmax"),
    ("a tag nobody knows", {"tagger__toml": PLAIN + '[tags]\nSonar = "boing"\n'}, "no tag 'boing'"),
    ("a label nobody knows", {"tagger__toml": PLAIN + '[tags]\nRadar = "wind"\n'}, "no label 'Radar'"),
    ("mel that is no table", {"tagger__toml": PLAIN + "mel = 3\n"}, "mel is no table"),
]


@pytest.mark.parametrize(("files", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_cannot_be_is_said_before_any_work(
    tmp_path: Path, files: dict[str, bytes | str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, **{**GOOD, **files})
    catalogue = tmp_path / "house.catalogue"
    sound = noise(tmp_path / "in" / "one.wav")
    assert run(["ingest", str(sound), "--catalogue", str(catalogue), "--tagger", str(path)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert message in first
    assert second.strip()
    assert not catalogue.exists()


@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_damaged_model_is_refused_and_never_more(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "m.onnx"
    good = tagger(SURE_OF_CREAK)
    path.write_bytes(good[:at] + junk + good[at + len(junk) :])
    with suppress(TaggerError):
        assert check_model_file(path) > 0


def test_a_model_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, **GOOD).with_name("m.onnx")
    size = check_model_file(path)
    assert size == path.stat().st_size
    monkeypatch.setattr("soundscape.analysis.taggers.onnxfile.MOST_BYTES", size - 1)
    with pytest.raises(TaggerError, match="more than"):
        check_model_file(path)


def test_weights_beside_the_model_are_used_and_counted(tmp_path: Path) -> None:
    weights = np.array(SURE_OF_CREAK, np.float32).tobytes()
    path = write(tmp_path, **{**GOOD, "m__onnx": tagger(SURE_OF_CREAK, location="w.bin"), "w__bin": weights})
    assert Stronger(path).hear(frames_of(np.ones(8000, np.float32), 16_000))[0] > 0.9
    assert check_model_file(tmp_path / "m.onnx") == (tmp_path / "m.onnx").stat().st_size + 12


def test_without_the_runtime_it_says_how_to_get_it(creaker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(TaggerError, match="needs onnxruntime") as caught:
        Stronger(creaker)
    assert caught.value.hint == 'pip install "soundscape[tagger]"'


def test_an_ingest_hears_with_it_and_what_is_learned_works_on_top(
    creaker: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = tmp_path / "house.catalogue"
    for seed in range(3):
        noise(tmp_path / "in" / f"{seed}.wav", seed=seed)
    command = ["ingest", str(tmp_path / "in"), "--catalogue", str(catalogue), "--json"]
    assert run(command) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["recordings"], plain["unmapped"]) == (3, {})
    assert run([*command, "--tagger", str(creaker)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["recordings"], told["skipped"]) == (3, 0)
    assert told["unmapped"] == {str(creaker): ["Sonar"]}
    with Store(catalogue) as store:
        segments = store.snapshot().segments
        assert {segment.tag for segment in segments} == {"gate.creak"}
        store.tag_all([one.id for one in segments if one.recording_id != segments[0].recording_id], add=["water.fall"])
        learn(store)
        assert store.segment(segments[0].id).segment.tag == "water.fall"
    assert ingest([tmp_path / "in"], catalogue, taggers=[creaker], n_workers=1).skipped == 3


def test_labels_that_are_no_tags_are_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = "\n".join(["name", "Creak", *(f"qq{place}" for place in range(7))])
    path = write(tmp_path, tagger__toml=PLAIN, labels__csv=labels, m__onnx=tagger((0.0,) * 8))
    said: list[str] = []

    def hearing(*_: object, **__: object) -> None:
        said.extend(capsys.readouterr())
        raise AudioError("the hearing begins")

    monkeypatch.setattr("soundscape.analysis.ingest.Hearers", hearing)
    command = ["ingest", str(noise(tmp_path / "in" / "one.wav")), "--catalogue", str(tmp_path / "c.catalogue")]
    assert run([*command, "--tagger", str(path)]) == 2
    out, err = said
    assert out == ""
    assert f"7 labels of {path} are no tags: qq0, qq1, qq2, qq3, qq4, ..." in err.splitlines()


CLAP = (
    'model = "m.onnx"\nrate_hz = 16000\nwindow_s = 1.0\noutput = "embedding"\n'
    '[words]\nmodel = "text.onnx"\ntokenizer = "tokenizer.json"\nlength = 0\n'
)
TOKENIZER = json.dumps({
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "loud": 1, "faint": 2, "sound": 3}, "unk_token": "[UNK]"},
})  # fmt: skip
TEXT = text_tower([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [0.1, 0.1]])


@pytest.fixture
def clap(tmp_path: Path) -> Path:
    """A model for which words and sounds are loud or faint."""
    pytest.importorskip("tokenizers", reason="search by words needs the extra `tagger`")
    return write(tmp_path, tagger__toml=CLAP, m__onnx=loudness_tower(), text__onnx=TEXT, tokenizer__json=TOKENIZER)


@pytest.fixture
def house(clap: Path, tmp_path: Path) -> Path:
    for name, level in (("loud", 0.3), ("middle", 0.03), ("faint", 0.003)):
        noise(tmp_path / "in" / f"{name}.wav", level)
    ingest([tmp_path / "in"], tmp_path / "house.catalogue", taggers=[clap], n_workers=1)
    return tmp_path / "house.catalogue"


@pytest.mark.parametrize(
    ("words", "order"), [("A LOUD sound", ["loud", "middle", "faint"]), ("faint", ["faint", "middle", "loud"])]
)
def test_words_find_what_they_describe(
    house: Path, clap: Path, words: str, order: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["find", "--words", words, "--tagger", str(clap), "--catalogue", str(house), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["segments"]
    assert list(dict.fromkeys(Path(one["path"]).stem for one in found)) == order
    similarities = [one["similarity"] for one in found]
    assert similarities == sorted(similarities, reverse=True)
    assert run(["find", "duration_s > 1e6", "--words", words, "--tagger", str(clap), "--catalogue", str(house)]) == 2


def test_a_model_with_words_leaves_the_tags_alone(house: Path, tmp_path: Path) -> None:
    ingest([tmp_path / "in"], tmp_path / "plain.catalogue", n_workers=1)
    with Store(house) as heard, Store(tmp_path / "plain.catalogue") as plain:
        assert heard.snapshot().segments == plain.snapshot().segments


@pytest.mark.parametrize(
    ("files", "more", "message"),
    [
        ({}, ["--like", "a"], "--like and --words"),
        ({"tokenizer__json": "{}"}, [], "is no tokenizer"),
        ({"text__onnx": "no model"}, [], "is no ONNX model"),
        ({"text__onnx": loudness_tower()}, [], "takes sound"),
        ({"text__onnx": text_tower([[0.5, 0.5, 0.5]] * 4)}, [], "no segment was heard by that model"),
        ({"tagger__toml": CLAP.split("[words]")[0]}, [], "needs a model that knows words"),
    ],
)
def test_words_that_cannot_be_looked_for(
    house: Path, clap: Path, files: dict[str, str], more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(clap.parent, **files)
    assert run(["find", "--words", "loud", "--tagger", str(clap), "--catalogue", str(house), *more]) == 2
    assert message in capsys.readouterr().err


def test_a_tensor_in_a_graph_within_a_graph_is_found(tmp_path: Path) -> None:
    from tests.analysis.onnx_writer import field, model, node, value

    inner = field(5, tensor("w", np.zeros(1, np.float32), location="../w.bin")) + field(2, "inner")
    hidden = node("If", ["c"], "out") + field(5, field(1, "then_branch") + field(6, inner) + field(20, 5))
    (tmp_path / "m.onnx").write_bytes(model([hidden], [], [value("c", [1])], [value("out", [1])]))
    with pytest.raises(TaggerError, match="outside its folder"):
        check_model_file(tmp_path / "m.onnx")


def test_a_segment_that_a_person_cut_is_heard_by_the_model_that_heard_the_take(tmp_path: Path, creaker: Path) -> None:
    noise(tmp_path / "in" / "a.wav")
    ingest([tmp_path / "in"], tmp_path / "house.catalogue", taggers=[creaker], n_workers=1)
    model = Stronger(creaker)
    with Store(tmp_path / "house.catalogue") as store:
        with pytest.raises(CatalogueError, match="other models") as caught:
            add(store, str(tmp_path / "in" / "a.wav"), 0.5, 1.5)
        assert "--tagger" in caught.value.hint
        one = add(store, str(tmp_path / "in" / "a.wav"), 0.5, 1.5, models=[model])
        assert one.tag == "gate.creak"
        store.tag(one.id, add=["wind"])
        assert learn(store).lesson.names[-1:] == merged_names(shipped.NAMES, [model])[-1:]
