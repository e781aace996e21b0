"""Whatever ends the grader or a part of it, and whenever: the next run finishes, with the marks of an undisturbed one."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

import psutil
import pytest
import tiny_course

CLASS = 200
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="needs /proc, as Linux has it"),
]


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A class of 200."""
    return tiny_course.make(tmp_path, CLASS, monkeypatch)


def finish(tiny, before: set[str]) -> None:
    """The next run grades exactly those the runs before did not, and every mark is right."""
    code, events, err = tiny.grade()
    assert code == 0, err
    now = [e["student"] for e in events if e["event"] == "graded"]
    assert len(now) == len(set(now)) == CLASS - len(before)
    assert not before & set(now)
    assert tiny.marks() == tiny_course.deserved(CLASS)


def test_a_grader_killed_twice_loses_nothing_and_repeats_nothing(tiny):
    first = tiny.kill_after(40)
    told = first + tiny.kill_after(30)
    assert len(told) == len(set(told))
    recorded = set(tiny.marks())
    assert set(told) <= recorded  # at most one more: recorded, and killed before it could be told
    assert len(recorded) <= len(told) + 2
    assert tiny.marks() == {s: m for s, m in tiny_course.deserved(CLASS).items() if s in recorded}
    finish(tiny, recorded)


def test_lost_workers_and_warm_processes_cost_no_mark_and_leave_no_process(tiny):
    process = tiny.start()
    for count, kind in ((10, "worker"), (20, "warm"), (20, "worker"), (20, "warm")):
        tiny_course.read_graded(process, count)
        os.kill(victim(process.pid, kind), signal.SIGKILL)
    family = [p.pid for p in psutil.Process(process.pid).children(recursive=True)]
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert tiny.marks() == tiny_course.deserved(CLASS)
    assert tiny_course.leftovers(family) == []


def victim(grader: int, kind: str) -> int:
    """A worker, or a worker's warm process."""
    workers = psutil.Process(grader).children()
    if kind == "worker":
        return workers[0].pid
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in (c for worker in workers for c in worker.children()):
            if "autograde.student.warm" in " ".join(child.cmdline()):
                return child.pid
        time.sleep(0.05)
    raise AssertionError("no warm process")


def test_a_submission_that_keeps_ending_its_worker_is_reported_and_the_others_are_graded(tiny, monkeypatch):
    from autograde.engine import workers
    from autograde.engine.jobs import Job

    def run_or_die(job: Job):
        if job.student == "s001":
            os.kill(os.getpid(), signal.SIGKILL)
        return workers.ungraded(job, workers.SubmissionStatus.GRADED, "")

    monkeypatch.setattr(workers, "run_job", run_or_die)
    root = tiny.course.root
    jobs = [Job(root, tiny_course.LESSON, f"s{i:03d}", root, 0) for i in range(12)]
    with workers.Workers(2) as pool:
        found = {g.verdict.student: g.verdict for g in pool.run(jobs) if g is not None}
    assert len(found) == 12
    assert [s for s, v in found.items() if v.status == "crashed"] == ["s001"]
    assert "ended its worker 2 times" in found["s001"].message


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB, where this may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_stops_the_run_with_a_sentence_and_room_lets_it_finish(small_disk, tmp_path, monkeypatch):
    tiny = tiny_course.make(tmp_path / "there", CLASS, monkeypatch)
    submitted = tiny.course.submitted.rename(tmp_path / "handed-in")
    moved = tiny_course.Tiny(tiny_course.Course(small_disk / "course"), tiny.declarations)
    tiny_course.shutil.copytree(tiny.course.root, moved.course.root)
    code, _, err = moved.grade("--submissions", str(submitted))
    assert code == 3
    assert "run the same command again" in err.replace("\n", " ")
    before = moved.marks()
    assert 0 < len(before) < CLASS
    assert before == {s: m for s, m in tiny_course.deserved(CLASS).items() if s in before}
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    code, events, err = moved.grade("--submissions", str(submitted))
    assert code == 0, err
    assert len([e for e in events if e["event"] == "graded"]) == CLASS - len(before)
    assert moved.marks() == tiny_course.deserved(CLASS)
