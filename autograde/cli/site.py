"""`autograde site`: the course as a static site."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer
from rich.console import Console

from autograde.course import Course


def site(
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Folder for the site, replaced; build/site when left out.")
    ] = None,
    run: Annotated[
        bool, typer.Option(help="Run the solved lessons whose figures are not kept from before (minutes).")
    ] = True,
) -> None:
    """Write lessons with figures and without answers, the guide and the API as pages that need no network."""
    from autograde.site import build_site  # its libraries come with the extra `site`

    course, console = Course.find(), Console()
    with console.status("Building the site…") as status:
        start = build_site(
            course,
            output or course.root / "build" / "site",
            None if run else (),
            lambda lesson: status.update(f"Running {lesson} for its figures (minutes, once)…"),
        )
    console.print(f"Site: {start}", soft_wrap=True, highlight=False)
