"""Taking out of a take what its microphone added: rumble, thumps of a hand, gusts on the membrane, hum, an offset.

It is a choice: nothing here decides that a take must be cleaned, and nothing writes over one.
"""

from soundscape.analysis.cleaning.choice import HIGHEST_CORNER_HZ, Cleaning, Survey, cleaning_of, survey
from soundscape.analysis.cleaning.cleaner import Cleaner

__all__ = ["HIGHEST_CORNER_HZ", "Cleaner", "Cleaning", "Survey", "cleaning_of", "survey"]
