"""Place sounds by hand: a gate that walks round the listener while a bell answers, saved as a document."""

from pathlib import Path

import soundscape as sc

catalogue = sc.ingest([sc.shipped("recordings")], "own.catalogue").open()
creak = max(catalogue.matching("gate.creak"), key=lambda segment: segment.duration_s)
bell = catalogue.matching("bell")[0]
round_the_listener = sc.path_from_table({"circle": {"radius_m": 3.0, "over_s": creak.duration_s}})

night = sc.Arrangement(
    (
        sc.Event(0.0, creak.duration_s, creak, "gate", path=round_the_listener),
        sc.Event(2.0, bell.duration_s, bell, "bell", path=sc.Trajectory.still(0.0, 4.0, 2.0), gain_db=-6.0),
    ),
    tuple(catalogue.recordings.values()),
    title="Night",
    room="courtyard",
)
sc.save_arrangement(night | night.delayed(6.0), Path("night.json"))
again = sc.load_arrangement(Path("night.json"))
mix = sc.render(again, Path("night.wav"), layout=sc.load_layout("7.1.4"), pool=sc.Pool(Path("cache")))
print(f"{mix.path}: {mix.n_events} events, {mix.layout.name}, true peak {mix.loudness.true_peak_dbtp:.1f} dBTP")
