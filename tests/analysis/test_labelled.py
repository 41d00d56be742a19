"""What labels say of the segments of a take becomes a person's word, and what they only repeat does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from soundscape.analysis.labelled import Taken, label_of, take_labels
from soundscape.catalogue.labels import Label, Labelled
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.store import Store

TAKE = Recording("a" * 32, "gate.wav", 48_000, 1, 48_000 * 60)
CREAK, KNOCK, HUSH = (
    Segment("c4ea", TAKE.id, 1.0, 5.0, tags=(Tag("gate.creak", 0.9), Tag("wind", 0.4))),
    Segment("b0cc", TAKE.id, 8.0, 9.0, tags=(Tag("gate.knock", 0.7),)),
    Segment("de5c", TAKE.id, 10.0, 40.0, "texture"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "house.catalogue", create=True) as opened:
        opened.add_analysis(TAKE, [CREAK, KNOCK, HUSH], np.ones((3, 4)), analyser="1")
        yield opened


def take(store: Store, *labels: Label, confirm: bool = False, ignore_unknown: bool = False) -> Taken:
    return take_labels(store, TAKE, Labelled(labels), confirm=confirm, ignore_unknown=ignore_unknown)


def tags(store: Store, segment: Segment) -> dict[str, str]:
    return {tag.name: tag.by for tag in store.segment(segment.id).segment.tags}


def on(segment: Segment, text: str) -> Label:
    return Label(segment.start_s, segment.end_s, text)


@pytest.mark.parametrize("with_id", [True, False])
def test_what_a_label_repeats_is_said_by_nobody(store: Store, *, with_id: bool) -> None:
    digest = store.snapshot().digest
    taken = take(store, *(label_of(one, with_id=with_id) for one in (CREAK, KNOCK, HUSH)))
    assert taken == Taken(n_unchanged=3, n_guesses=2)
    assert store.snapshot().digest == digest


@pytest.mark.parametrize(
    ("text", "now"),
    [
        ("wind, gate.creak", {"gate.creak": "machine", "wind": "machine"}),
        ("gate.creak", {"gate.creak": "machine"}),
        ("gate.creak; wind; bell", {"gate.creak": "machine", "wind": "machine", "bell": "person"}),
        ("bell", {"bell": "person"}),
        ("gate", {"gate": "person"}),
        ("unknown", {}),
        ("unknown, bell", {"bell": "person"}),
    ],
)
def test_a_label_is_all_that_is_heard_in_its_segment(store: Store, text: str, now: dict[str, str]) -> None:
    for key in ("", f", #{CREAK.id}"):
        take(store, on(CREAK, text + key))
        assert tags(store, CREAK) == now
    store.add_analysis(TAKE, [CREAK, KNOCK, HUSH], np.ones((3, 4)), analyser="2")
    assert tags(store, CREAK) == now


def test_several_labels_of_a_segment_are_heard_together(store: Store) -> None:
    taken = take(store, Label(1.0, 4.8, "gate.creak"), Label(1.2, 5.0, "bell"), Label(1.1, 5.0, "unknown"))
    assert taken == Taken(n_tagged=3, n_kept=3)
    assert tags(store, CREAK) == {"gate.creak": "machine", "bell": "person"}


def test_a_label_upon_one_with_an_id_speaks_of_the_same_segment(store: Store) -> None:
    taken = take(store, on(CREAK, f"gate.creak, wind, #{CREAK.id}"), on(CREAK, "bell"))
    assert (taken.n_tagged, taken.n_added) == (2, 0)
    assert tags(store, CREAK) == {"gate.creak": "machine", "wind": "machine", "bell": "person"}


def test_an_earlier_word_of_a_person_goes_only_where_the_label_leaves_it_out(store: Store) -> None:
    store.tag(CREAK.id, add=["bell"], remove=["wind"])
    assert take(store, on(CREAK, "bell, gate.creak")).n_unchanged == 1
    assert tags(store, CREAK) == {"bell": "person", "gate.creak": "machine"}
    take(store, on(CREAK, "gate.creak, wind"))
    assert tags(store, CREAK) == {"gate.creak": "machine", "wind": "person"}


def test_a_finer_tag_stays_when_the_one_above_it_is_left_out(store: Store) -> None:
    both = Segment("f1fe", TAKE.id, 50.0, 52.0, tags=(Tag("gate", 0.9), Tag("gate.creak", 0.8)))
    store.add_analysis(TAKE, [both], np.ones((1, 4)), analyser="2")
    take(store, on(both, "gate.creak"))
    assert tags(store, both) == {"gate.creak": "person"}


def test_agreement_is_a_persons_word_only_where_it_is_confirmed(store: Store) -> None:
    labels = [label_of(one) for one in (CREAK, KNOCK, HUSH)]
    assert take(store, *labels, confirm=True) == Taken(n_tagged=2, n_kept=2, n_unchanged=1)
    assert tags(store, CREAK) == {"gate.creak": "person", "wind": "person"}
    assert tags(store, HUSH) == {}
    assert take(store, *labels) == Taken(n_unchanged=3)


def test_an_id_alone_and_words_that_are_passed_over_say_nothing_of_tags(store: Store) -> None:
    taken = take(store, on(CREAK, "#c4ea"), on(KNOCK, "quux"), Label(50.0, 51.0, "quux"), ignore_unknown=True)
    nowhere = Label(50.0, 51.0, "quux")
    assert taken == Taken(n_unchanged=1, unlabelled=("de5c",), wordless=(on(KNOCK, "quux"), nowhere), no_tags=("quux",))
    assert tags(store, CREAK) == {"gate.creak": "machine", "wind": "machine"}


def test_where_no_label_has_an_id_nothing_is_missed(store: Store) -> None:
    assert take(store, on(CREAK, "gate.creak")).unlabelled == ()
    assert take(store, on(CREAK, "gate.creak, #c4ea")).unlabelled == ("b0cc", "de5c")
