from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from soundscape.errors import ExhibitError
from soundscape.exhibit.plan import Wish
from soundscape.exhibit.state import State
from tests.exhibit.gallery import OPENS

CLASS, QUIET = Wish(60.0, 660.0, {"lively": -0.3}), Wish(90.0, 9000.0, {}, "quiet")


def test_what_was_asked_for_is_there_again_in_its_order_and_of_its_opening(tmp_path: Path) -> None:
    state, tomorrow = State(tmp_path), OPENS + timedelta(days=1)
    assert state.keep(OPENS, CLASS)
    assert state.keep(tomorrow, Wish(0.0, 1.0))
    assert state.keep(OPENS, QUIET)
    assert state.leave_out(OPENS, "ab")
    assert state.leave_out(OPENS, "ab")
    again = State(tmp_path)
    assert again.wishes(OPENS) == (CLASS, QUIET)
    assert again.left_out(OPENS) == ("ab",)
    assert again.left_out(tomorrow) == ()


def test_the_schedule_comes_back_and_moods_go_on(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.keep(OPENS, CLASS)
    state.keep(OPENS, QUIET)
    state.end_profiles(OPENS, 100.0)
    state.keep(OPENS, Wish(200.0, 300.0, {}, "busy"))
    assert state.wishes(OPENS) == (CLASS, Wish(90.0, 100.0, {}, "quiet"), Wish(200.0, 300.0, {}, "busy"))


@pytest.mark.parametrize("n_bytes", range(1, 60, 7))
def test_a_line_that_the_power_tore_costs_itself_alone(tmp_path: Path, n_bytes: int) -> None:
    state = State(tmp_path)
    state.keep(OPENS, CLASS)
    state.keep(OPENS, QUIET)
    journal = tmp_path / "wishes.jsonl"
    journal.write_bytes(journal.read_bytes()[:-n_bytes])
    assert state.wishes(OPENS) in ((CLASS,), (CLASS, QUIET))  # only its line end may be gone
    after = Wish(500.0, 600.0)
    assert state.keep(OPENS, after)
    assert state.wishes(OPENS)[0] == CLASS
    assert state.wishes(OPENS)[-1] == after


def test_a_line_that_is_no_wish_is_passed_over(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.keep(OPENS, CLASS)
    with (tmp_path / "wishes.jsonl").open("ab") as stream:
        stream.write(b'\xff\xfe\x00\n[1]\n{"opens": "%s", "from_s": "soon"}\n' % OPENS.isoformat().encode())
        stream.write(b'{"opens": "%s", "ends_s": null}\n' % OPENS.isoformat().encode())
    assert state.wishes(OPENS) == (CLASS,)


def test_a_long_journal_forgets_old_openings_and_nothing_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundscape.exhibit.state._MOST_BYTES", 4000)
    state = State(tmp_path)
    for n in range(100):
        state.keep(OPENS - timedelta(days=100 - n), QUIET)
    assert state.wishes(OPENS - timedelta(days=1)) == (QUIET,)
    for _ in range(60):
        state.keep(OPENS, CLASS)
    assert state.wishes(OPENS) == (CLASS,) * 60
    assert state.wishes(OPENS - timedelta(days=100)) == ()
    assert (tmp_path / "wishes.jsonl").stat().st_size < 60 * 150


def test_a_disk_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "wishes.jsonl").mkdir()
    assert not State(tmp_path).keep(OPENS, CLASS)


def test_one_keeper_at_a_time_and_a_killed_one_is_no_longer_there(tmp_path: Path) -> None:
    code = "import sys, time\nfrom pathlib import Path\nfrom soundscape.exhibit.state import State\n" \
           "with State(Path(sys.argv[1])):\n    print('kept', flush=True)\n    time.sleep(60)\n"  # fmt: skip
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"kept\n"
        with pytest.raises(ExhibitError, match=f"is kept by process {other.pid} already"), State(tmp_path):
            pass
    finally:
        other.send_signal(signal.SIGKILL)
        other.communicate()
    with State(tmp_path):
        assert (tmp_path / "keeper.pid").read_text() == str(os.getpid())


def test_a_number_that_another_process_has_after_a_power_cut_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "keeper.pid").write_text("1")
    with State(tmp_path):
        assert (tmp_path / "keeper.pid").read_text() == str(os.getpid())
