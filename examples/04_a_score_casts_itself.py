"""Any MIDI file becomes a piece for whatever was recorded, and says why it chose what it chose."""

import soundscape as sc

catalogue = sc.ingest([sc.shipped("recordings")], "self.catalogue").open()
score = sc.read_score(sc.shipped("scores") / "etude.mid")
arranged = sc.arrange(score, sc.cast_for(score, catalogue), catalogue, seed=1)
for role in arranged.arrangement.roles:
    first = next(event for event in arranged.arrangement.events if event.role == role)
    print(f"{role}: {first.segment.tag}, {catalogue.recording_of(first.segment).title}")
