"""The start page, `START.md` beside the lessons' folders: the map of the course and where the student stands.

`make lab` and a student's server on JupyterHub write it and open JupyterLab on it; a check that passes writes it again.
`python -m coursekit.start FOLDER` writes it anywhere else.
"""

from __future__ import annotations

import pathlib
import sys
import time

from coursekit.journal import Journal, read_journal, write_whole
from coursekit.lessons import Lesson, lessons, lessons_folder
from coursekit.standing import bar, done, next_title

NAME = "START.md"
BAR = 8
"""Characters; the table still fits a window at 200 % zoom."""
MARK = "<!-- start page: written by coursekit, changes are lost -->\n"
NOTHING_HERE = """**Start here:** no lesson lies beside this page yet. Open *Nbgrader → Assignment List*, press **Fetch** beside a lesson,
and click its name once it is listed under *Downloaded assignments*.

"""
HEAD = """# Training deep neural networks

One net goes through the whole course, a net that reads handwritten digits. It gets into trouble one lesson at a time,
and out of it. You write the parts that help.

"""
TABLE = (
    "| lesson | the trouble | the way out | time, about | your checks that pass |\n|:--|:--|:--|--:|:--|\n"
)
FOOT = """
## How to work

- Read from the top. Run a cell with **Shift+Enter**. Where a function says `raise NotImplementedError`, write it and
  run the cell; the cell below it checks what you wrote and says what is likely wrong.
- Then run the experiment: it draws its figure with *your* functions. Predict first, run, explain after.
- Everything works from the keyboard: **↑ ↓** move between cells, **Enter** edits one, **Esc** leaves it,
  **Ctrl+S** saves, **Ctrl+Shift+C** opens the list of all commands.
- Stuck? Each exercise has hints to unfold above it.

## Hand in

Save the notebook. If your course uses nbgrader's exchange, press **Submit** in *Nbgrader → Assignment List*. Otherwise
run the last cell of the notebook, or in a terminal (*File → New → Terminal*)

```
python -m coursekit.submit {number}
```

Both say what is still missing and write one file into the folder `hand_in`: upload that file.
"""


def page(folder: pathlib.Path) -> str:
    """The start page of a folder of lessons."""
    found = [(lesson, read_journal(folder / lesson.lesson)) for lesson in lessons()]
    here = [(lesson, journal) for lesson, journal in found if lesson.path(folder).is_file()]
    rows = "".join(_row(lesson, journal, lesson.path(folder).is_file()) for lesson, journal in found)
    current = next((pair for pair in here if next_title(*pair)), None)
    number = current[0].number if current else found[-1 if here else 0][0].number
    first = _go_on(current) if here else NOTHING_HERE
    return MARK + HEAD + first + TABLE + rows + _when(here) + FOOT.format(number=number)


def write_start_page(folder: pathlib.Path) -> bool:
    """Write the start page; whether that was possible."""
    return write_whole(folder / NAME, page(folder))


def refresh_start_page(folder: pathlib.Path) -> None:
    """Bring a start page that is there up to date; one that somebody wrote by hand stays."""
    if _is_ours(folder):
        write_start_page(folder)


def bring_start_page(folder: pathlib.Path) -> bool:
    """Write the start page unless somebody's own stands there; whether ours is there now, old or new."""
    if _is_ours(folder) or not (folder / NAME).exists():
        write_start_page(folder)
    return _is_ours(folder)


def _is_ours(folder: pathlib.Path) -> bool:
    try:
        return (folder / NAME).read_text(encoding="utf-8").startswith(MARK)
    except (OSError, ValueError):
        return False


def _go_on(current: tuple[Lesson, Journal] | None) -> str:
    if current is None:
        return ""
    lesson, journal = current
    begun = bool(journal.tries)
    return f"**{'Go on' if begun else 'Start'} here:** {_link(lesson)}, exercise *{next_title(lesson, journal)}*.\n\n"


def _link(lesson: Lesson) -> str:
    return f"[{lesson.title}]({lesson.lesson}/{lesson.lesson}.ipynb)"


def _row(lesson: Lesson, journal: Journal, is_here: bool) -> str:
    count, total = done(lesson, journal), len(lesson.exercises)
    name = _link(lesson) if is_here else f"{lesson.title} (not here yet)"
    standing = f"{count} of {total} {bar(count, total, BAR)}"
    return (
        "| "
        + " | ".join([name, lesson.trouble, lesson.cure, lesson.time.replace(" ", "\u00a0"), standing])
        + " |\n"
    )


def _when(here: list[tuple[Lesson, Journal]]) -> str:
    """Up to when the numbers hold: an open page does not follow the file."""
    times = [when for _, journal in here for when in journal.passed.values()]
    if not times:
        return ""
    latest = time.strftime("%d %B %Y, %H:%M", time.localtime(max(times)))
    return (
        f"\nLast check passed: {latest}. If you have worked since then, reload this page "
        "(**File → Reload Markdown Preview from Disk**, or the browser's reload).\n"
    )


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else lessons_folder()
    if not write_start_page(target):
        sys.exit(f"{target / NAME} cannot be written. Is the folder there, and yours to write in?")
    print(target / NAME)
