"""All day: what a gallery plays by hour, season and solar term, and what keeps it playing."""
