"""A complete term with thirty students and two lessons, through the real JupyterLab, nbgrader and files."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import zipfile

import pytest
import term_acts
from student_lab import free_port
from term_acts import EXCHANGE, L1, L2, LAST, LATE, LESSONS, OVERFLOWS, QUESTIONS, STUDENTS

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MEND = ("autograde/exercises/problem_definition/softmax.py", "in far(trial.rng):", "in ordinary(trial.rng):")
"""A test of the first lesson that asks for too much, and what it is mended to."""
SEED = 11
COMMENT = "Say why the second term vanishes."


def test_a_complete_term(tmp_path, browser_page):
    page, trouble = browser_page
    with term_acts.make_term(tmp_path) as term:
        act(term, page)
    # No page complained, and nothing was asked of another machine.
    assert not [t for t in trouble if not re.search("favicon|404", t)]


def act(term: term_acts.Term, page) -> None:
    """The acts of the term, in their order."""
    bundle = released(term)
    handed_in(term, bundle)
    with term_acts.instructors_lab(term, free_port()) as log:
        graded(term)
        formgrader = term_acts.Formgrader(page, term_acts.wait_for_address(log))
        graded_by_button(term, formgrader)
        written_answer_read(term, formgrader)
        page.goto("about:blank")  # before its server goes
    term.mark_by_hand(3.0)
    marks = regraded(term)
    late_one_pays(marks)
    given_back(term, bundle, page, marks)
    equal_everywhere(term, marks)
    put_away(term)


def released(term: term_acts.Term) -> pathlib.Path:
    """The bundle, unpacked: the lessons in it are the course's."""
    term.autograde("release", "--output", str(term.root))
    home = term.root / "home"
    zipfile.ZipFile(term.root / "training-deep-networks.zip").extractall(home)
    bundle = home / "training-deep-networks"
    for lesson in LESSONS:
        ours = term.course.release_path(lesson)
        assert (bundle / "notebooks" / lesson / ours.name).read_bytes() == ours.read_bytes()
        due = f"{term_acts.DUE:%Y-%m-%d %H:%M:%S} UTC"
        term.nbgrader("db", "assignment", "add", lesson, "--duedate", due)
    return bundle


def handed_in(term: term_acts.Term, bundle: pathlib.Path) -> None:
    """One student uses nbgrader's exchange, one is not done yet, the others hand in files."""
    loaded = term_acts.lessons(term)
    for student in STUDENTS:
        for lesson in LESSONS:
            if (lesson, student) not in ((L1, LAST), (L1, EXCHANGE)):
                term_acts.hand_in(term, loaded[lesson], student)
    term_acts.hand_in_by_exchange(term, bundle, loaded[L1])
    assert (term.course.submitted / EXCHANGE / L1 / "timestamp.txt").exists()


def graded(term: term_acts.Term) -> None:
    """Everybody who handed in a notebook has a mark; the exit code says that somebody has none."""
    results = term.root / "marks.json"
    term.autograde("grade", *LESSONS, "--seed", str(SEED), "--results", str(results), code=1)
    found = json.loads(results.read_text())["submissions"]
    assert len(found) == len(LESSONS) * len(STUDENTS)
    without = {(s["lesson"], s["student"]) for s in found if s["status"] != "graded"}
    unreadable = {(lesson, s) for lesson in LESSONS for s in STUDENTS if term_acts.kind_of(s) == "not_json"}
    assert without == unreadable | {(L1, LAST)}


def graded_by_button(term: term_acts.Term, formgrader: term_acts.Formgrader) -> None:
    """Who hands in later is graded with Formgrader's own button, and `autograde grade` agrees."""
    term_acts.hand_in(term, term_acts.lessons(term)[L1], LAST)
    shown = formgrader.autograde(L1, LAST)
    by_button = term.gradebook()[L1, LAST]
    assert shown.split(" / ")[0] == f"{by_button:g}"
    (by_command,) = [e for e in term.events("grade", L1, "--student", LAST) if e["event"] == "graded"]
    assert by_command["score"] == by_button == term.gradebook()[L1, LAST]


def written_answer_read(term: term_acts.Term, formgrader: term_acts.Formgrader) -> None:
    """Formulas are drawn, a stranger's HTML is text, the automatic marks are the gradebook's, points are saved."""
    formgrader.open_submission(L1, OVERFLOWS)
    shown = formgrader.frame.locator("body").inner_text()
    assert formgrader.frame.locator("math mfrac").count() > 0
    assert "<b>So there.</b>" in shown
    assert "$$" not in shown
    for name, points in formgrader.points().items():
        auto, _ = term.grade(L1, OVERFLOWS, name)
        assert float(points or 0) == pytest.approx(auto or 0.0, abs=0.005), name
    formgrader.give(QUESTIONS[L1], "4.5", COMMENT)
    formgrader.picture("written_answer")
    assert term.grade(L1, OVERFLOWS, QUESTIONS[L1])[1] == 4.5


def regraded(term: term_acts.Term) -> dict[tuple[str, str], float]:
    """A test is mended: the marks that change are listed before one is written, and no other changes."""
    before, book = term.gradebook(), term.course.root / "gradebook.db"
    file, strict, mended = MEND
    text = (term.course.root / file).read_text()
    assert strict in text
    (term.course.root / file).write_text(text.replace(strict, mended))
    untouched = hashlib.sha256(book.read_bytes()).hexdigest()
    listed = [e for e in term.events("grade", L1, "--dry-run", code=4) if e["event"] == "change"]
    assert hashlib.sha256(book.read_bytes()).hexdigest() == untouched
    assert {e["exercise"] for e in listed} == {"softmax"}
    assert OVERFLOWS in {e["student"] for e in listed}
    told = term.events("grade", L1, "--yes", code=1)
    kinds = [e["event"] for e in told]
    assert kinds.index("graded") > max(i for i, kind in enumerate(kinds) if kind == "change")
    assert [e for e in told if e["event"] == "change"] == listed
    after, gained = term.gradebook(), {e["student"]: e["new"] - e["old"] for e in listed}
    for (lesson, student), mark in after.items():
        more = gained.get(student, 0.0) if lesson == L1 else 0.0
        assert mark == pytest.approx(before[lesson, student] + more), (lesson, student)
    assert term.grade(L1, OVERFLOWS, QUESTIONS[L1])[1] == 4.5
    return after


def late_one_pays(marks: dict[tuple[str, str], float]) -> None:
    """Two points a day, and thirty hours are two days."""
    kind = term_acts.kind_of(LATE)
    punctual = next(s for s in STUDENTS if s != LATE and term_acts.kind_of(s) == kind)
    for lesson in LESSONS:
        assert marks[lesson, LATE] == pytest.approx(marks[lesson, punctual] - 4.0)


def given_back(term: term_acts.Term, bundle: pathlib.Path, page, marks: dict[tuple[str, str], float]) -> None:
    """Feedback shows no hidden test, draws formulas and loads nothing; nbgrader hands it out."""
    term.autograde("feedback", *LESSONS)
    pages = term.course.feedback
    texts = {path: path.read_text() for path in pages.rglob("*.html")}
    assert len(texts) == len(LESSONS) * len(STUDENTS)
    assert not [p for p, t in texts.items() if "HIDDEN TESTS" in t or "Judged by autograde" in t]
    theirs = pages / OVERFLOWS / L1 / f"{L1}.html"
    assert COMMENT in texts[theirs]
    assert f"{marks[L1, OVERFLOWS]:g}" in texts[theirs]
    page.goto(theirs.as_uri())
    page.locator("details", has=page.locator("math")).locator("summary").click()
    page.locator("math mfrac").scroll_into_view_if_needed()
    page.screenshot(path=term_acts.PICTURES / "feedback_formulas.png")
    term.nbgrader("release_feedback", L1)
    term.nbgrader("fetch_feedback", L1, "--course", term_acts.COURSE, cwd=bundle / "notebooks")
    fetched = (bundle / "notebooks" / L1 / "feedback").rglob("*.html")
    assert [path.read_text() for path in fetched] == [texts[pages / EXCHANGE / L1 / f"{L1}.html"]]


def equal_everywhere(term: term_acts.Term, marks: dict[tuple[str, str], float]) -> None:
    """Gradebook, reports and all exports; who handed in no notebook has 0."""
    whole = {
        (lesson, student): marks.get((lesson, student), 0.0) for lesson in LESSONS for student in STUDENTS
    }
    term.autograde("report")
    for lesson in LESSONS:
        page = (term.course.root / "report" / f"{lesson}.html").read_text()
        assert term_acts.reported(page) == {student: whole[lesson, student] for student in STUDENTS}
    for form in ("csv", "canvas", "moodle"):
        term.autograde("export", "--format", form)
        assert term_acts.exported(term.course.root / f"marks-{form}.csv") == whole, form


def put_away(term: term_acts.Term) -> None:
    """One file that holds it all, and says with what it was reached."""
    term.autograde("archive", "--output", str(term.root / "term.zip"))
    archive = zipfile.ZipFile(term.root / "term.zip")
    manifest = json.loads(archive.read("manifest.json"))
    assert set(archive.namelist()) == {*manifest["sha256"], "manifest.json"}
    assert manifest["lessons"][L2]["students"] == len(STUDENTS)
    assert "torch" in manifest["versions"]["packages"]
    handed_in = f"submitted/{OVERFLOWS}/{L1}/{L1}.ipynb"
    assert archive.read(handed_in) == (term.course.root / handed_in).read_bytes()
    assert json.loads(archive.read(f"verdicts/{L1}.json"))["seed"] == SEED
