"""A student's progress: the record beside the notebook, what follows the checks, the start page and the hand-in file."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from types import SimpleNamespace

import nbformat
import pytest
from IPython.core.events import EventManager, available_events
from nbclient import NotebookClient
from nbgrader.validator import Validator

from autograde.engine.submission import grade_folder
from autograde.ingest.locate import find_submission
from autograde.ingest.read import read_notebook
from autograde.model import Status, SubmissionStatus
from coursekit import following, standing, start, submit
from coursekit.journal import NAME, fingerprint, read_journal
from coursekit.lessons import find_lesson, lessons, lessons_folder
from coursekit.saved import NotHandedIn

LESSON = find_lesson("2")
FIRST = LESSON.exercises[0]


@pytest.fixture
def folder(tmp_path, course):
    """A student's folder of lessons, with lesson 2 in it."""
    target = LESSON.path(tmp_path)
    target.parent.mkdir()
    shutil.copy(course.release_path(LESSON.lesson), target)
    return tmp_path


@pytest.fixture
def home(folder):
    """The folder of lesson 2."""
    return folder / LESSON.lesson


def with_text(folder, cell: str, text: str) -> None:
    """Save the notebook with another text in a cell."""
    path = LESSON.path(folder)
    notebook = json.loads(path.read_text())
    next(c for c in notebook["cells"] if c["id"] == cell)["source"] = [text]
    path.write_text(json.dumps(notebook))


# The lessons


def test_every_exercise_of_the_masters_is_known_with_its_cells(course):
    for lesson in lessons():
        ids = {c["id"] for c in json.loads(course.release_path(lesson.lesson).read_text())["cells"]}
        assert all({e.cell, e.check} <= ids for e in lesson.exercises)


@pytest.mark.parametrize(
    "name", ["2", "02", "vanishing", "02_vanishing_gradients", "notebooks/02_vanishing_gradients/"]
)
def test_a_lesson_is_found_by_number_name_or_path(name):
    assert find_lesson(name) is LESSON


@pytest.mark.parametrize("name", ["", "7", "_"])
def test_an_unclear_lesson_is_answered_with_the_names(name):
    with pytest.raises(ValueError, match="01_problem_definition"):
        find_lesson(name)


@pytest.mark.parametrize(("minutes", "words"), [(45, "45 min"), (60, "1 h"), (165, "2 h 45 min")])
def test_a_lessons_time_is_told_in_hours_and_minutes(minutes, words):
    assert dataclasses.replace(LESSON, minutes=minutes).time == words


def test_the_lessons_are_found_from_inside_a_lesson_and_from_the_folder_above(folder, home):
    assert lessons_folder(home) == lessons_folder(folder) == folder


# The record


def test_a_check_counts_as_passed_if_it_passed_the_last_time(home):
    journal = read_journal(home)
    journal.checked(FIRST.name, True)
    assert journal.save() and FIRST.name in read_journal(home).passed
    journal.checked(FIRST.name, False)
    journal.save()
    assert read_journal(home).passed == {} and read_journal(home).tries == {FIRST.name: 2}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"passed": [], "ran": {"a": 1}, "tries": {"b": "x"}}', '{"passed": {"a": "b"}}'],
)
def test_a_record_that_cannot_be_read_counts_as_empty(home, text):
    (home / NAME).write_text(text)
    journal = read_journal(home)
    assert (journal.passed, journal.tries, journal.ran) == ({}, {}, {})


def test_a_record_that_cannot_be_written_says_so_and_leaves_nothing_behind(home):
    (home / NAME).mkdir()
    assert not read_journal(home).save()
    assert sorted(p.name for p in home.iterdir()) == [NAME, f"{LESSON.lesson}.ipynb"]


# Following the cells


class Shell:
    """A notebook's shell, as far as following needs it. `cell` is the id the front end sends, if any."""

    def __init__(self, cell: str | None = "setup") -> None:
        self.events = EventManager(self, available_events)
        metadata = {"cellId": cell} if cell else {}
        self.kernel = SimpleNamespace(get_parent=lambda: {"metadata": metadata})

    def run(self, cell: str | None, source: str = "", error: BaseException | None = None) -> None:
        info = SimpleNamespace(cell_id=cell, raw_cell=source)
        self.events.trigger(
            "post_run_cell", SimpleNamespace(info=info, error_before_exec=None, error_in_exec=error)
        )


@pytest.fixture
def shown(monkeypatch):
    """Every state of the progress display, oldest first."""
    seen = []
    handle = SimpleNamespace(update=lambda data, raw: seen.append(data["text/plain"]))

    def display(data, **_):
        seen.append(data["text/plain"])
        return handle

    monkeypatch.setattr(following, "display", display)
    return seen


@pytest.fixture
def shell(home, monkeypatch, shown):
    """A notebook of lesson 2 whose set-up cell has run."""
    monkeypatch.chdir(home)
    shell = Shell()
    following.follow(shell)
    return shell


def test_a_check_that_passes_moves_the_progress_and_is_kept(shell, home, shown, capsys):
    assert "0 of 16" in shown[-1]
    shell.run(FIRST.check)
    assert "1 of 16" in shown[-1] and FIRST.name in read_journal(home).passed
    assert capsys.readouterr().out == (
        "✓ 1 of 16 checks of this lesson pass. Next: Xavier initialization, uniform.\n"
    )


def test_a_check_that_fails_says_nothing_more_and_counts_as_a_try(shell, home, capsys):
    shell.run(FIRST.check, error=AssertionError("wrong"))
    assert capsys.readouterr().out == "" and read_journal(home).tries == {FIRST.name: 1}


def test_progress_survives_a_restart(shell, home, shown):
    shell.run(FIRST.check)
    following.follow(Shell())
    assert "1 of 16" in shown[-1]


def test_running_the_set_up_cell_twice_follows_once(shell, home):
    following.follow(shell)
    shell.run(FIRST.check)
    assert read_journal(home).tries == {FIRST.name: 1}


def test_an_interrupted_check_or_one_without_its_function_changes_nothing(shell, home):
    shell.run(FIRST.check)
    shell.run(FIRST.check, error=KeyboardInterrupt())
    try:
        exec(compile("no_such_function()", "<cell>", "exec"), {})
    except NameError as error:
        shell.run(FIRST.check, error=error)
    assert FIRST.name in read_journal(home).passed


def test_an_unknown_name_inside_the_students_function_is_a_failure(shell, home):
    def students_function():
        return no_such_name  # noqa: F821

    shell.run(FIRST.check)
    try:
        students_function()
    except NameError as error:
        shell.run(FIRST.check, error=error)
    assert read_journal(home).passed == {}


def test_a_check_is_known_by_its_text_where_the_front_end_names_cells_its_own_way(shell, home):
    cells = json.loads(LESSON.path(home.parent).read_text())["cells"]
    source = "".join(next(c for c in cells if c["id"] == FIRST.check)["source"])
    shell.run("vscode-notebook-cell:1", source)
    assert FIRST.name in read_journal(home).passed


def test_other_cells_and_cells_run_by_programs_leave_no_record(shell, home):
    for cell in ("setup", "my-own-cell", None):
        shell.run(cell, "x = 1")
    assert not (home / NAME).exists()


def test_without_a_person_at_the_notebook_nothing_is_followed(home, monkeypatch, shown):
    monkeypatch.chdir(home)
    for shell in (Shell(None), SimpleNamespace(), None):
        following.follow(shell)
    assert shown == []


def test_outside_of_a_lesson_nothing_is_followed(tmp_path, monkeypatch, shown):
    monkeypatch.chdir(tmp_path)
    following.follow(Shell())
    assert shown == []


def test_where_nothing_can_be_written_the_lesson_goes_on_and_the_progress_says_so(shell, home, shown):
    (home / NAME).mkdir()
    shell.run(FIRST.check)
    shell.run(LESSON.exercises[1].check)
    assert "2 of 16" in shown[-1] and "not kept" in shown[-1]


def test_what_is_shown_has_a_text_and_escapes_titles(home):
    data = standing.in_notebook(LESSON, read_journal(home), True)
    assert "0 of 16" in data["text/plain"] and 'role="progressbar"' in data["text/html"]


@pytest.mark.slow
def test_a_notebook_that_a_program_runs_keeps_no_record(folder, home):
    notebook = nbformat.read(LESSON.path(folder), as_version=4)
    notebook.cells = [c for c in notebook.cells if c.id == "setup"]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(home)}}).execute()
    assert [o["text"] for o in notebook.cells[0].outputs if "Ready" in o.get("text", "")]
    assert len(notebook.cells[0].outputs) == 1 and not (home / NAME).exists()


# In a terminal


@pytest.mark.parametrize(("count", "blocks"), [(0, 0), (1, 1), (8, 4), (15, 7), (16, 8)])
def test_a_bar_is_empty_only_before_the_start_and_full_only_at_the_end(count, blocks):
    assert standing.bar(count, 16, 8) == "█" * blocks + "░" * (8 - blocks)


def test_the_terminal_shows_every_lesson_and_one_lesson_in_detail(folder, home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    journal = read_journal(home)
    journal.checked(FIRST.name, True)
    journal.save()
    assert standing.print_standing([]) == 0
    text = capsys.readouterr().out
    assert all(lesson.title in text for lesson in lessons()) and " 1 of 16" in text
    assert standing.print_standing(["2"]) == 0
    assert f"✓ {FIRST.title}" in capsys.readouterr().out
    assert standing.print_standing(["9"]) == 2


# The start page


def test_the_start_page_maps_the_lessons_and_links_those_that_are_there(folder):
    page = start.page(folder)
    assert all(
        lesson.title in page and lesson.trouble in page and lesson.cure in page for lesson in lessons()
    )
    assert f"]({LESSON.lesson}/{LESSON.lesson}.ipynb)" in page and "01_problem_definition.ipynb" not in page
    assert all(lesson.time in page.replace("\u00a0", " ") for lesson in lessons())
    assert "not here yet" in page


def test_a_check_that_passes_brings_the_start_page_up_to_date(shell, folder):
    start.write_start_page(folder)
    shell.run(FIRST.check)
    page = (folder / start.NAME).read_text()
    assert "1 of 16" in page and "Go on here" in page and LESSON.exercises[1].title in page


def test_a_start_page_that_somebody_wrote_stays(shell, folder):
    (folder / start.NAME).write_text("mine")
    shell.run(FIRST.check)
    assert (folder / start.NAME).read_text() == "mine"


def test_a_folder_without_lessons_gets_a_start_page_that_says_how_to_fetch_one(tmp_path):
    assert start.bring_start_page(tmp_path)
    page = (tmp_path / start.NAME).read_text()
    assert "press **Fetch**" in page and "](" not in page and "coursekit.submit 1\n" in page


def test_a_fetched_lesson_is_on_the_start_page_as_soon_as_its_set_up_cell_runs(shell, folder):
    (folder / start.NAME).write_text(start.MARK + "from before the lesson was fetched")
    following.follow(shell)
    assert f"]({LESSON.lesson}/{LESSON.lesson}.ipynb)" in (folder / start.NAME).read_text()


def test_a_start_page_of_somebodys_own_is_not_offered(folder):
    (folder / start.NAME).write_text("mine")
    assert not start.bring_start_page(folder)
    assert (folder / start.NAME).read_text() == "mine"


def test_a_start_page_that_cannot_be_written_is_not_offered(tmp_path):
    assert not start.bring_start_page(tmp_path / "nowhere")


def test_a_start_page_where_all_is_done_sends_nobody_on(folder, home):
    journal = read_journal(home)
    for exercise in LESSON.exercises:
        journal.checked(exercise.name, True)
    journal.save()
    assert "Go on here" not in start.page(folder) and "16 of 16" in start.page(folder)


# Handing in


def test_the_hand_in_file_is_the_saved_notebook_under_the_name_the_grader_takes(folder, tmp_path):
    written = submit.write_hand_in(LESSON, folder)
    handed = tmp_path / "submitted" / "student" / LESSON.lesson
    handed.mkdir(parents=True)
    shutil.copy(written.path, handed)
    found, notes = find_submission(handed, LESSON.lesson)
    assert found == handed / f"{LESSON.lesson}.ipynb" and notes == []
    assert read_notebook(found.read_bytes(), found.name)[1] == []
    assert found.read_bytes() == LESSON.path(folder).read_bytes()


def test_it_says_what_is_in_it_and_what_is_missing(folder, home):
    with_text(folder, FIRST.cell, "def xavier_normal(fan_in, fan_out, rng):\n    return 1")
    text = str(submit.write_hand_in(LESSON, folder))
    assert "1 of 16 exercises (0 of 16 checks pass)" in text
    assert f"“{FIRST.title}”: its check has not been run." in text
    assert (
        f"“{LESSON.exercises[1].title}”: not written yet." in text
        and "A written answer is still empty." in text
    )


def test_when_everything_is_there_nothing_is_missing(folder, home):
    journal = read_journal(home)
    for exercise in LESSON.exercises:
        with_text(folder, exercise.cell, "def f():\n    return 1")
        journal.checked(exercise.name, True)
    with_text(folder, "why-batchnorm-bias", "Because the mean is subtracted.")
    journal.save()
    written = submit.write_hand_in(LESSON, folder)
    assert written.missing == () and "16 of 16 exercises (16 of 16 checks pass)" in str(written)


def test_a_notebook_that_is_not_saved_is_not_handed_in(folder, home):
    journal = read_journal(home)
    journal.ran[FIRST.name] = (fingerprint("def newer(): pass"), time.time() + 5)
    journal.save()
    with pytest.raises(NotHandedIn, match=r"not saved.*Ctrl\+S"):
        submit.write_hand_in(LESSON, folder)
    assert not (folder / submit.FOLDER).exists()


def test_a_cell_that_was_edited_and_saved_after_its_run_is_handed_in(folder, home):
    journal = read_journal(home)
    journal.ran[FIRST.name] = (fingerprint("older"), time.time() - 60)
    journal.save()
    with_text(folder, FIRST.cell, "newer")
    assert submit.write_hand_in(LESSON, folder).path.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [(None, "no notebook"), (b"{", "cannot be read|can be read"), (b'{"cells": []}', "none of the exercises"),
     (b" " * (50 * 2**20) + b'{"cells": []}', "50 MB is the most")],
)  # fmt: skip
def test_what_cannot_be_handed_in_is_answered_with_a_sentence(folder, data, words):
    path = LESSON.path(folder)
    path.unlink() if data is None else path.write_bytes(data)
    with pytest.raises(NotHandedIn, match=words):
        submit.write_hand_in(LESSON, folder)


def test_where_the_file_cannot_be_written_the_notebook_itself_will_do(folder):
    (folder / submit.FOLDER).write_text("a file in the way")
    with pytest.raises(NotHandedIn, match=r"hand in .* itself"):
        submit.write_hand_in(LESSON, folder)


def test_the_command_writes_the_file_and_its_exit_code_says_so(folder, home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    assert submit.main(["2"]) == 0 and (folder / "hand_in" / f"{LESSON.lesson}.ipynb").exists()
    assert submit.main(["1"]) == 1 and submit.main([]) == 1
    assert "Which lesson" in capsys.readouterr().out


def test_the_cell_at_the_end_writes_nothing_where_a_program_runs_it(folder, home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    submit.hand_in()
    assert "Run this cell in JupyterLab" in capsys.readouterr().out and not (folder / "hand_in").exists()


# nbgrader's Validate


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "passes"), [("return 0.5 * (1.0 + np.tanh(z / 2.0))", True), ("return z", False)]
)
def test_validate_gives_the_same_word_as_the_visible_check(folder, home, source, passes):
    """With the set-up cell that follows and the cell that hands in, as they run in Validate's kernel."""
    sigmoid = next(e for e in LESSON.exercises if e.name == "sigmoid")
    text = f"def sigmoid(z):\n    {source}\n\ndef sigmoid_prime(z):\n    return sigmoid(z) * (1 - sigmoid(z))"
    with_text(folder, sigmoid.cell, text)
    path = LESSON.path(folder)
    notebook = json.loads(path.read_text())
    notebook["cells"] = [
        c for c in notebook["cells"] if c["id"] in ("setup", sigmoid.cell, sigmoid.check, "hand-in")
    ]
    path.write_text(json.dumps(notebook))
    failed = Validator().validate(str(path)).get("failed", [])
    assert (failed == []) is passes
    assert not (home / NAME).exists() and not (folder / submit.FOLDER).exists()


# The grader


@pytest.mark.slow
def test_a_hand_in_file_is_graded_as_it_is(folder, tmp_path, lesson, warm):
    sigmoid = next(e for e in LESSON.exercises if e.name == "sigmoid")
    with_text(folder, sigmoid.cell, next(c for c in lesson.instructor.cells if c.id == sigmoid.cell).source)
    handed = tmp_path / "submitted" / LESSON.lesson
    handed.mkdir(parents=True)
    shutil.copy(submit.write_hand_in(LESSON, folder).path, handed)
    graded = grade_folder(handed, "student", lesson, warm, 3).verdict
    assert graded.status is SubmissionStatus.GRADED and graded.repairs == ()
    assert [v.exercise for v in graded.exercises if v.status is Status.PASSED] == ["sigmoid"]
