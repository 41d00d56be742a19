"""A show that nobody plays: GO and pads by code; it is written down, and the journal makes the same bits again."""

from pathlib import Path

import soundscape as sc

sc.ingest([sc.shipped("recordings")], "live.catalogue")
etude, stereo = sc.shipped("scores") / "etude.toml", sc.load_layout("stereo")

with sc.perform(etude, "live.catalogue", journal="show.journal", record="show.wav", layout=stereo) as show:
    show.go()
    show.play(2.0)
    for pitch in (60, 64, 67):
        show.press("best pitch", pitch, velocity=90)
        show.play(0.4)
    wind = show.press("bed", trigger="hold")
    show.play(3.0)
    show.release(wind)
    show.go("polyphony")
    show.play(4.0)
    print(f"{len(show.roles)} roles, {show.session.counts.controls} things asked, and it said:")
    for frame, line in show.said:
        print(f"{frame / 48_000:6.2f} s  {line}")

again, told = sc.render_journal(show.journal, Path("again.wav"))
print(f"{again.path}: {again.duration_s:.1f} s, {'; '.join(told)}")
large, _ = sc.render_journal(show.journal, Path("large.wav"), layout=sc.load_layout("7.1.4"))
print(f"{large.path}: the same show to {large.layout.n_channels} channels")
