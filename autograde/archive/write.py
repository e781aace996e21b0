"""Write the archive: one zip, whole or not at all, with a checksum for every file in it."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Sequence

from sqlalchemy.engine import make_url

from autograde.archive.versions import PROJECT, versions
from autograde.course import Course
from autograde.export import write_marks
from autograde.export.people import read_people
from autograde.record.marks import ClassRecord

FOLDERS = ("submitted", "autograded", "feedback")
README = """A term of {lessons}, put away on {when}.

submitted/    what was handed in, byte for byte        autograded/, feedback/   what was given back
gradebook.db  nbgrader's gradebook                     marks.csv                every mark, late penalties taken off
verdicts/     every verdict with message, seed and the layers that confined student code
sources/      the lessons' masters and the exercises' declarations as they were
manifest.json versions, the commit, and a SHA-256 for every file

The same marks again: take the course at the commit in manifest.json, put submitted/ into it and run, for each lesson,
`autograde grade LESSON --seed N` with the seed in verdicts/LESSON.json. Marks given by hand are in gradebook.db.
"""


def write_archive(course: Course, path: pathlib.Path, records: Sequence[ClassRecord], db_url: str) -> int:
    """Write everything on record about these lessons. Returns the number of files in the archive."""
    sums: dict[str, str] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, source in _files(course, [r.lesson for r in records]):
                data = source.read_bytes()
                archive.writestr(name, data)
                sums[name] = hashlib.sha256(data).hexdigest()
            for name, data in _records(records, db_url):
                archive.writestr(name, data)
                sums[name] = hashlib.sha256(data).hexdigest()
            archive.writestr("manifest.json", json.dumps(_manifest(records, db_url, sums), indent=1))
        os.replace(fresh, path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()
    return len(sums) + 1


def _files(course: Course, lessons: Sequence[str]) -> Iterator[tuple[str, pathlib.Path]]:
    """Files as they lie there. A link is left out: it may lead anywhere."""
    for folder in FOLDERS:
        for lesson in lessons:
            for path in sorted((course.root / folder).glob(f"*/{lesson}/**/*")):
                if path.is_file() and not path.is_symlink():
                    yield path.relative_to(course.root).as_posix(), path
    for lesson in lessons:
        yield f"sources/solutions/{lesson}.py", course.master_path(lesson)
    for path in sorted((PROJECT / "autograde" / "exercises").rglob("*.py")):
        yield f"sources/{path.relative_to(PROJECT / 'autograde').as_posix()}", path


def _records(records: Sequence[ClassRecord], db_url: str) -> Iterator[tuple[str, bytes]]:
    lessons = [record.lesson for record in records]
    for record in records:
        verdicts = [record.verdicts[name].to_dict() for name in sorted(record.verdicts)]
        seeds = sorted({verdict.seed for verdict in record.verdicts.values()})
        text = json.dumps({"seed": seeds[-1] if seeds else None, "submissions": verdicts}, indent=1)
        yield f"verdicts/{record.lesson}.json", text.encode()
    with tempfile.TemporaryDirectory(prefix="autograde-archive-") as folder:
        marks = pathlib.Path(folder) / "marks.csv"
        write_marks(marks, "csv", read_people(db_url, records), lessons)
        yield "marks.csv", marks.read_bytes()
        if make_url(db_url).get_backend_name() == "sqlite":
            yield "gradebook.db", _gradebook(db_url, pathlib.Path(folder) / "gradebook.db")
    when = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    yield "README.txt", README.format(lessons=", ".join(lessons), when=when).encode()


def _gradebook(db_url: str, copy: pathlib.Path) -> bytes:
    """A copy of the gradebook that is consistent even while somebody grades."""
    with (
        contextlib.closing(sqlite3.connect(str(make_url(db_url).database))) as theirs,
        contextlib.closing(sqlite3.connect(copy)) as ours,
    ):
        theirs.backup(ours)
    return copy.read_bytes()


def _manifest(records: Sequence[ClassRecord], db_url: str, sums: dict[str, str]) -> dict[str, object]:
    return {
        "written": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC",
        "lessons": {r.lesson: {"students": len(r.students), "marks": len(r.marks)} for r in records},
        "gradebook": make_url(db_url).render_as_string(hide_password=True),
        "versions": versions(),
        "sha256": sums,
    }
