"""A gradebook in PostgreSQL: a real server, the marks of a SQLite gradebook."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import subprocess
import time

import pytest
import tiny_course

CLASS = 8


def binary(name: str) -> pathlib.Path | None:
    """Debian keeps the server's programs off the PATH."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    here = shutil.which(name)
    return found[-1] if found else pathlib.Path(here) if here else None


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        binary("postgres") is None, reason="no PostgreSQL server is installed (apt-get install postgresql)"
    ),
]


def as_postgres(*command: object) -> dict:
    """Arguments of subprocess for a program that refuses to run as root."""
    options: dict = {"args": [str(part) for part in command], "cwd": "/"}
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


@pytest.fixture
def database(tmp_path_factory):
    """A server of its own on a socket in a folder of its own; the URL of an empty database."""
    folder = pathlib.Path(
        subprocess.run(
            ["mktemp", "-d", "/tmp/ag-pg-XXXXXX"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    subprocess.run(
        **as_postgres(binary("initdb"), "-D", data, "-A", "trust", "-U", "grader", "-E", "UTF8"),
        check=True,
        capture_output=True,
    )
    command = as_postgres(
        binary("postgres"), "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"
    )
    server = subprocess.Popen(**command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (folder / ".s.PGSQL.5432").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    yield f"postgresql+psycopg://grader@/postgres?host={folder}"
    server.terminate()
    server.wait(20)
    shutil.rmtree(folder)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A class of eight."""
    return tiny_course.make(tmp_path, CLASS, monkeypatch)


def test_marks_in_postgresql_are_those_in_sqlite_and_a_second_run_has_nothing_to_do(tiny, database):
    code, events, err = tiny.grade("--database", database)
    assert (code, events[-1]["graded_now"]) == (0, CLASS), err
    assert tiny.marks(database) == tiny_course.deserved(CLASS)
    code, events, err = tiny.grade("--database", database)
    assert (code, events[-1]["graded_now"]) == (0, 0), err


def test_a_grader_killed_on_postgresql_leaves_whole_submissions_and_the_next_finishes(tiny, database):
    told = tiny.kill_after(3, "--database", database)
    there = tiny.marks(database)
    assert set(told) <= set(there)
    assert there == {s: m for s, m in tiny_course.deserved(CLASS).items() if s in there}
    code, events, err = tiny.grade("--database", database)
    assert (code, events[-1]["graded_now"]) == (0, CLASS - len(there)), err
    assert tiny.marks(database) == tiny_course.deserved(CLASS)
