"""nbgrader on this course: solutions/ is the source, notebooks/ the release, and autograde does the judging.

Plain `nbgrader autograde` and Formgrader's button read this file and give the same marks as `autograde grade`.
"""

from autograde.record.nbgrader_road import configure

c = get_config()  # noqa: F821 - nbgrader provides it
c.CourseDirectory.course_id = "training-deep-networks"
configure(c)
