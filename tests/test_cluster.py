"""The same jobs on a Dask cluster: real processes, one of them killed, the marks of a local run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import tiny_course

CLASS = 40
pytestmark = [pytest.mark.slow]


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A class of 40."""
    return tiny_course.make(tmp_path, CLASS, monkeypatch)


@pytest.fixture
def cluster(tiny, tmp_path):
    """A scheduler's address and two workers, started as Dask documents."""
    file = tmp_path / "scheduler.json"
    common = {
        "env": tiny.environment(),
        "cwd": tmp_path,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen(
        [*dask, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
        **common,
    )
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        "--scheduler-file",
        str(file),
        "--nthreads",
        "1",
    ]
    worker += ["--no-nanny", "--no-dashboard", "--preload", "tiny_course"]
    workers = [subprocess.Popen(worker, **common) for _ in range(2)]
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    yield json.loads(file.read_text())["address"], workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_a_worker_killed_in_the_middle_loses_nothing_and_the_marks_are_those_of_a_local_run(tiny, cluster):
    address, workers = cluster
    process = tiny.start("--cluster", address)
    tiny_course.read_graded(process, 5)
    os.kill(workers[0].pid, signal.SIGKILL)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    on_cluster = tiny.marks()
    assert on_cluster == tiny_course.deserved(CLASS)
    assert tiny.grade("--force")[0] == 0
    assert tiny.marks() == on_cluster


def test_nobody_at_the_address_is_said_in_a_sentence(tiny, monkeypatch):
    from autograde.engine import cluster
    from autograde.errors import CourseError

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(CourseError, match="No scheduler answers at tcp"):
        cluster._connect("tcp://127.0.0.1:9")
