"""A rig with odd angles, from a TOML file."""

from pathlib import Path

import soundscape as sc

Path("gate_hall.toml").write_text(
    """
name = "gate hall"
speakers = [
    { name = "door left",  azimuth_deg =   38, distance_m = 2.5 },
    { name = "door right", azimuth_deg =  -52, distance_m = 3.0 },
    { name = "window",     azimuth_deg = -120, distance_m = 2.0 },
    { name = "stairs",     azimuth_deg =  140, distance_m = 4.0 },
    { name = "beam",       azimuth_deg =    0, elevation_deg = 70, distance_m = 3.5 },
    { name = "sub", is_lfe = true },
]
""",
    encoding="utf-8",
)
rig = sc.load_layout("gate_hall.toml")
catalogue = sc.ingest([sc.shipped("recordings")], "rig.catalogue").open()
piece = sc.load_piece(sc.shipped("scores") / "etude.toml")
arranged = sc.arrange(sc.read_score(piece.score), piece, catalogue, seed=piece.seed)
mix = sc.render(arranged.arrangement, Path("gate_hall.wav"), layout=rig, pool=sc.Pool(Path("cache")))
print(f"{rig.n_channels} channels: {', '.join(speaker.name for speaker in rig.speakers)}; {mix.duration_s:.0f} s")
