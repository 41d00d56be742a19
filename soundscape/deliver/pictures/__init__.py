"""Pictures of anything that has time or space in it: takes with their segments, arrangements, paths over a rig.

Each function returns the path it wrote; nothing is shown on a screen.
"""

from soundscape.deliver.pictures.lessons import picture_of_lesson
from soundscape.deliver.pictures.paths import picture_of_paths
from soundscape.deliver.pictures.poster import picture_of_track
from soundscape.deliver.pictures.takes import picture_of_takes
from soundscape.deliver.pictures.timeline import picture_of_timeline

__all__ = ["picture_of_lesson", "picture_of_paths", "picture_of_takes", "picture_of_timeline", "picture_of_track"]
