"""Search what was heard: by tag, by feature, by likeness."""

import soundscape as sc

sc.ingest([sc.shipped("recordings")], "find.catalogue")
with sc.Store("find.catalogue") as store:
    for found in store.find("gate.creak and duration_s > 1", limit=3):
        print(f"{found.segment.duration_s:5.1f} s  {found.recording.title}")
    first = store.find("bell")[0]
    for found in store.find("instruments", like=first.segment.id, limit=4):
        print(f"like {first.recording.title}: {found.recording.title}")
