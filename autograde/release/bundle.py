"""Write the bundle: the same files give the same bytes."""

from __future__ import annotations

import io
import os
import pathlib
import zipfile

from autograde.course import Course
from autograde.release.contents import contents
from autograde.release.scan import require_clean

FOLDER = "training-deep-networks"


def write_bundle(
    course: Course, output: pathlib.Path, lessons: tuple[str, ...] | None = None
) -> pathlib.Path:
    """Write `training-deep-networks.zip` into the folder `output`. Raises `CourseError` and writes nothing if it would
    give something away."""
    chosen = lessons or course.lessons()
    files = contents(course, chosen)
    require_clean(course, files, course.lessons())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(f"{FOLDER}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{FOLDER}.zip"
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(buffer.getvalue())
    os.replace(fresh, path)
    return path
