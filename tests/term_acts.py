"""What the people of a term do: the instructor at a terminal, students with files, and Formgrader in a browser."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from nbgrader.api import Gradebook
from terminal import Terminal

from autograde.course import Course
from autograde.demo.sample import SAMPLES
from autograde.engine.lesson import Lesson, load_lesson
from autograde.verify.matrix import with_implementation

Done = subprocess.CompletedProcess[str]

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURES = ROOT / "artifacts"
L1, L2 = LESSONS = ("01_problem_definition", "02_vanishing_gradients")
QUESTIONS = {L1: "colleague", L2: "why_batchnorm_bias"}
COURSE = "training-deep-networks"
DUE = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
KINDS = (
    "all_right", "other_style", "one_mistake", "untouched", "syntax_error", "edited_tests",
    "duplicated_cells", "missing_cells", "moved_cells", "retyped_ids", "old_format", "exits", "import_fails",
    "edited_setup", "renamed_file", "not_json",
)  # fmt: skip
OVERFLOWS, LATE, LAST, EXCHANGE = "s02", "s00", "s28", pwd.getpwuid(os.getuid())[0]
"""Whose softmax overflows; who hands in a day late; who hands in after grading; who uses nbgrader's exchange."""
STUDENTS = (*(f"s{i:02d}" for i in range(29)), EXCHANGE)
ANSWER = r"Loss falls since $\beta \ll 1$, hence $$\frac{\partial L}{\partial b} = 0.$$ <b>So there.</b>"
PATIENCE = 180_000
"""Milliseconds that a page may take on a machine that is busy with other tests."""
CONFIG = """
from nbgrader.plugins import LateSubmissionPlugin


class TwoPointsADay(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0 * -(-total_seconds_late // 86400)


c.AssignLatePenalties.plugin_class = TwoPointsADay
c.ExchangeCollect.check_owner = False
c.Exchange.root = {exchange!r}
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Term:
    """A course folder of its own: a clone with two lessons, a late penalty and an exchange."""

    root: pathlib.Path
    terminal: Terminal

    @property
    def course(self) -> Course:
        return Course(self.root / "course")

    def run(self, *command: str, cwd: pathlib.Path | None = None, code: int = 0) -> Done:
        """A command in the course folder, with the exit code it should have."""
        done = self.terminal.run(command, cwd or self.course.root)
        assert done.returncode == code, (command, done.returncode, done.stdout, done.stderr)
        return done

    def autograde(self, *arguments: str, code: int = 0) -> str:
        """What `autograde …` prints."""
        return self.run("autograde", *arguments, code=code).stdout

    def events(self, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
        """What `autograde … --json` tells."""
        return [json.loads(line) for line in self.autograde(*arguments, "--json", code=code).splitlines()]

    def nbgrader(self, *arguments: str, cwd: pathlib.Path | None = None) -> str:
        """What `nbgrader …` logs."""
        return self.run("nbgrader", *arguments, cwd=cwd).stderr

    def gradebook(self) -> dict[tuple[str, str], float]:
        """Every mark as nbgrader's gradebook has it, by lesson and student: the score less the late penalty."""
        with Gradebook(self.course.gradebook_url) as gradebook:
            return {
                (lesson, s.student_id): round(max(0.0, s.score - (s.late_submission_penalty or 0.0)), 4)
                for lesson in LESSONS
                for s in gradebook.assignment_submissions(lesson)
            }

    def grade(self, lesson: str, student: str, cell: str) -> tuple[float | None, float | None]:
        """Automatic and manual score of one cell."""
        with Gradebook(self.course.gradebook_url) as gradebook:
            found = gradebook.find_grade(cell, lesson, lesson, student)
            return found.auto_score, found.manual_score

    def mark_by_hand(self, points: float) -> None:
        """Every written answer nobody has read yet, as if typed one after the other."""
        with Gradebook(self.course.gradebook_url) as gradebook:
            for lesson, question in QUESTIONS.items():
                for submission in gradebook.assignment_submissions(lesson):
                    grade = gradebook.find_grade(question, lesson, lesson, submission.student_id)
                    if grade.manual_score is None:
                        grade.manual_score, grade.needs_manual_grade = points, False
            gradebook.db.commit()


def environment(root: pathlib.Path) -> dict[str, str]:
    """Python takes the clone's grader, Jupyter nobody's settings."""
    return {
        **os.environ,
        "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root / "course"),
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "IPYTHONDIR": str(root / "ipython"),
    }


@contextlib.contextmanager
def make_term(root: pathlib.Path) -> Iterator[Term]:
    """The clone, and a terminal in which its grader runs."""
    clone = root / "course"
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".progress.json", "hand_in")
    for name in ("autograde", "coursekit", "datasets", "tools"):
        shutil.copytree(ROOT / name, clone / name, ignore=ignored)
    for lesson in LESSONS:
        master = clone / "solutions" / lesson / f"{lesson}.py"
        master.parent.mkdir(parents=True)
        shutil.copy(ROOT / "solutions" / lesson / master.name, master)
        shutil.copytree(ROOT / "notebooks" / lesson, clone / "notebooks" / lesson, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", clone)
    config = (ROOT / "nbgrader_config.py").read_text()
    (clone / "nbgrader_config.py").write_text(config + CONFIG.format(exchange=str(root / "exchange")))
    with contextlib.closing(Terminal(root, environment(root))) as terminal:
        yield Term(root, terminal)


def kind_of(student: str) -> str:
    """What a student hands in: every kind is there."""
    return KINDS[STUDENTS.index(student) % len(KINDS)]


def work(lesson: Lesson, student: str) -> dict[str, bytes]:
    """A student's files."""
    if student == OVERFLOWS and lesson.name == L1:
        softmax = lesson.exercises["softmax"]
        notebook = with_implementation(lesson.instructor, softmax, softmax.misconceptions["no_shift"])
        return {f"{lesson.name}.ipynb": answered(json.dumps(notebook).encode(), QUESTIONS[L1])}
    return SAMPLES[kind_of(student)](lesson)


def answered(data: bytes, question: str) -> bytes:
    """A notebook with something written under its question."""
    notebook = json.loads(data)
    cell = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == question)
    cell["source"] = ANSWER
    return json.dumps(notebook).encode()


def hand_in(term: Term, lesson: Lesson, student: str) -> None:
    """Put a student's files where nbgrader collects them to, with the time beside them."""
    folder = term.course.submitted / student / lesson.name
    folder.mkdir(parents=True)
    for name, data in work(lesson, student).items():
        (folder / name).write_bytes(data)
    late = datetime.timedelta(hours=30 if student == LATE else -30)
    (folder / "timestamp.txt").write_text(f"{DUE + late:%Y-%m-%d %H:%M:%S} UTC")


def hand_in_by_exchange(term: Term, bundle: pathlib.Path, lesson: Lesson) -> None:
    """Release, fetch, solve, submit and collect, each with nbgrader's own command."""
    home = bundle / "notebooks"
    (home / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.Exchange.root = {str(term.root / 'exchange')!r}\n"
    )
    term.nbgrader("release_assignment", lesson.name)
    shutil.move(home / lesson.name, home / f"{lesson.name}.bundle")
    term.nbgrader("fetch_assignment", lesson.name, "--course", COURSE, cwd=home)
    fetched = home / lesson.name / f"{lesson.name}.ipynb"
    assert fetched.read_bytes() == (home / f"{lesson.name}.bundle" / fetched.name).read_bytes()
    fetched.write_bytes(SAMPLES["all_right"](lesson)[fetched.name])
    term.nbgrader("submit", lesson.name, "--course", COURSE, cwd=home)
    term.nbgrader("collect", lesson.name)


def lessons(term: Term) -> dict[str, Lesson]:
    return {name: load_lesson(term.course, name) for name in LESSONS}


@contextlib.contextmanager
def instructors_lab(term: Term, port: int) -> Iterator[pathlib.Path]:
    """JupyterLab as `make instructor` starts it; its log, which holds the address."""
    log = term.root / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "tools/lab.py", "--instructor", "--port", str(port)],
            cwd=term.course.root, stdout=output, stderr=output, env=environment(term.root), start_new_session=True,
        )  # fmt: skip
    try:
        yield log
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


class Formgrader:
    """Formgrader in JupyterLab, by its links, buttons and fields."""

    def __init__(self, page: Any, lab: str) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE)
        page.goto(lab)
        page.get_by_role("menuitem", name="Nbgrader").click()
        page.get_by_role("menuitem", name="Formgrader").click()
        self.frame = page.frame_locator("iframe")
        self.link("Manual Grading").wait_for()

    def link(self, name: str) -> Any:
        return self.frame.get_by_role("link", name=name, exact=True)

    def picture(self, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"formgrader_{name}.png")

    def open_submission(self, lesson: str, student: str) -> None:
        """Manual Grading, the lesson, its notebook, the student's row."""
        self.link("Manual Grading").first.click()
        self.frame.locator("tbody").get_by_role("link", name=lesson, exact=True).click()
        self.frame.locator("tbody").get_by_role("link", name=lesson, exact=True).click()
        self.link("Submission #1").wait_for()
        self.frame.get_by_role("button", name="Show All Names").click()
        self.picture("submissions")
        self.link(student).click()
        self.frame.locator("input.score").first.wait_for()

    def give(self, cell: str, points: str, comment: str) -> None:
        """Type points and a comment, as the keyboard does; wait until Formgrader says that both are saved."""
        field = self.frame.locator(f"input.score[id='{cell}']")
        field.scroll_into_view_if_needed()
        field.click()
        field.fill(points)
        panel = self.frame.locator(".nbgrader_cell", has=field)
        panel.locator("textarea.comment").fill(comment)
        panel.locator("textarea.comment").press("Tab")
        panel.locator(".score-saved").wait_for()
        panel.locator(".comment-saved").wait_for()

    def points(self) -> dict[str, str]:
        """The number in every points field, or its placeholder: what Formgrader shows of the automatic score."""
        self.frame.locator("input.score[placeholder]:not([placeholder=''])").first.wait_for()
        self.page.wait_for_timeout(1000)
        script = "fields => fields.map(f => [f.id, f.value || f.placeholder])"
        return dict(self.frame.locator("input.score").evaluate_all(script))

    def autograde(self, lesson: str, student: str) -> str:
        """Manage Assignments, the lesson's submissions, the flash in the student's row; the score shown after."""
        self.link("Manage Assignments").first.click()
        row = self.frame.locator("tbody tr", has=self.frame.get_by_text(lesson, exact=True))
        row.locator(".num-submissions a").click()
        row = self.frame.locator("tbody tr", has=self.frame.get_by_text(student, exact=True))
        row.locator(".autograde a").click()
        self.frame.locator("#success-modal").wait_for(timeout=2 * PATIENCE)
        self.picture("autograded")
        self.frame.locator("#success-modal .close").first.click()
        row.locator(".score", has_text="/").wait_for()
        return str(row.locator(".score").inner_text())


def wait_for_address(log: pathlib.Path) -> str:
    """The lab's address, once it has been printed."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*token=\w+", log.read_text()):
            return found[0]
        time.sleep(0.3)
    raise AssertionError(log.read_text())


def exported(path: pathlib.Path) -> dict[tuple[str, str], float]:
    """The marks of an exported file, by lesson and student."""
    rows = list(csv.DictReader(path.read_text().splitlines()))
    if "score" in rows[0]:
        return {(row["lesson"], row["student"]): float(row["score"]) for row in rows}
    who = "SIS Login ID" if "SIS Login ID" in rows[0] else "username"
    return {
        (lesson, row[who]): float(row[lesson])
        for row in rows
        for lesson in LESSONS
        if row[who] and row[lesson]
    }


def reported(page: str) -> dict[str, float]:
    """The marks on a report page by student."""
    row = r'<tr data-lost="[^"]*"><th scope="row">([^<]+)</th><td class="number" data-value="([^"]+)">'
    return {student: round(float(score), 4) for student, score in re.findall(row, page)}
