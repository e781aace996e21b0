"""The `autograde` command: one module per subcommand, errors without tracebacks."""

from __future__ import annotations

import os
import pathlib
import sys

import typer
from rich.console import Console

from autograde.cli import (
    archive,
    build,
    check,
    demo,
    export,
    feedback,
    grade,
    map,
    release,
    report,
    site,
    verify,
)
from autograde.errors import CourseError

HELP = "Build the lessons, grade what students hand in, report on a class and export its marks."
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
app.command("build")(build.build)
app.command("check")(check.check)
app.command("grade")(grade.grade)
app.command("feedback")(feedback.feedback)
app.command("report")(report.report)
app.command("export")(export.export)
app.command("archive")(archive.archive)
app.command("release")(release.release)
app.command("site")(site.site)
app.command("verify")(verify.verify)
app.command("map")(map.map_lecture)
app.command("demo")(demo.demo)


def main() -> None:
    """Run the command; a `CourseError` becomes one red line and exit code 2."""
    bin_folder = str(pathlib.Path(sys.executable).parent)
    os.environ["PATH"] = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"  # nbgrader calls `alembic`
    try:
        app()
    except CourseError as error:
        Console(stderr=True).print(f"[red]Error:[/red] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(2) from None
