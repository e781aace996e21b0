"""Where everything of a course is."""

from __future__ import annotations

import dataclasses
import pathlib

from autograde.errors import CourseError


@dataclasses.dataclass(frozen=True, slots=True)
class Course:
    """A course folder: masters, releases, submissions and marks."""

    root: pathlib.Path

    @classmethod
    def find(cls, start: pathlib.Path | None = None) -> Course:
        """The course around `start` (the working directory). Raises `CourseError` outside of one."""
        here = (start or pathlib.Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "solutions").is_dir() and (folder / "nbgrader_config.py").is_file():
                return cls(folder)
        raise CourseError(
            "This is not inside a course folder.", file=here, advice="Go to the folder with solutions/."
        )

    @property
    def solutions(self) -> pathlib.Path:
        return self.root / "solutions"

    @property
    def notebooks(self) -> pathlib.Path:
        return self.root / "notebooks"

    @property
    def submitted(self) -> pathlib.Path:
        return self.root / "submitted"

    @property
    def autograded(self) -> pathlib.Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> pathlib.Path:
        return self.root / "feedback"

    @property
    def gradebook_url(self) -> str:
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def lessons(self) -> tuple[str, ...]:
        """The lessons that have a master, in order."""
        return tuple(sorted(p.name for p in self.solutions.iterdir() if (p / f"{p.name}.py").is_file()))

    def master_path(self, lesson: str) -> pathlib.Path:
        """Where a lesson is written. Raises `CourseError` for an unknown lesson."""
        if lesson not in self.lessons():
            raise CourseError(
                f"There is no lesson {lesson}.", advice=f"Lessons: {', '.join(self.lessons())}."
            )
        return self.solutions / lesson / f"{lesson}.py"

    def instructor_path(self, lesson: str) -> pathlib.Path:
        """The built notebook with solutions."""
        return self.solutions / lesson / f"{lesson}.ipynb"

    def release_path(self, lesson: str) -> pathlib.Path:
        """The built notebook students open."""
        return self.notebooks / lesson / f"{lesson}.ipynb"
