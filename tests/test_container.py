"""The container's files hold together: what the image installs and holds is what compose, Helm and the grader ask of it."""

from __future__ import annotations

import fnmatch
import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
RULES = [
    line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")
]
COMPOSE = yaml.safe_load((ROOT / "docs/cluster/compose.yaml").read_text())
VALUES = yaml.safe_load((ROOT / "docs/cluster/values.yaml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def enters(path: str) -> bool:
    """Whether .dockerignore lets a file into an image: the last rule that names it, or a folder of it, decides."""
    parts, decided = path.split("/"), True
    for rule in RULES:
        pattern = rule.removeprefix("!").removeprefix("**/")
        anywhere = "**/" in rule
        heads = ["/".join(parts[: i + 1]) for i in range(len(parts))]
        if any(fnmatch.fnmatchcase(h, pattern) or (anywhere and h.split("/")[-1] == pattern) for h in heads):
            decided = rule.startswith("!")
    return decided


def installed_commands() -> set[str]:
    """The programs that the image's extras bring: those of the distributions that they name, and of what these need."""
    extras = re.search(r"'\.\[(.+?)\]'", DOCKERFILE)
    assert extras, "the Dockerfile installs the project with its extras"
    named = {
        name_in(spec) for extra in extras[1].split(",") for spec in PROJECT["optional-dependencies"][extra]
    }
    needs = {
        name_in(spec) for name in named for spec in importlib.metadata.requires(name) or () if ";" not in spec
    }
    found = [importlib.metadata.distribution(name) for name in named | needs]
    return {
        script.name for each in found for script in each.entry_points if script.group == "console_scripts"
    }


def name_in(spec: str) -> str:
    """The distribution of a requirement."""
    return re.split(r"[\[<>=!~; ]", spec)[0]


@pytest.mark.parametrize(
    "name", [name for name, service in COMPOSE["services"].items() if "build" in service]
)
def test_every_command_of_the_compose_file_is_a_program_of_the_image(name: str) -> None:
    assert COMPOSE["services"][name]["command"][0] in installed_commands() | {"autograde"}


def test_the_gradebook_of_the_compose_file_has_its_driver_in_the_image() -> None:
    assert "postgres" in PROJECT["optional-dependencies"]
    assert re.search(r"'\.\[[^]]*postgres[^]]*\]'", DOCKERFILE)


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml", "README.md", "nbgrader_config.py", "autograde/cli/main.py", "coursekit/__init__.py",
        "solutions/02_vanishing_gradients/02_vanishing_gradients.py", "datasets/digits/README.md",
        "notebooks/02_vanishing_gradients/02_vanishing_gradients.ipynb",
    ],
)  # fmt: skip
def test_the_course_enters_the_image(path: str) -> None:
    assert (ROOT / path).exists()
    assert enters(path)


@pytest.mark.parametrize(
    "path",
    [
        "gradebook.db", ".git/config", "submitted/ada/02/02.ipynb", "autograded/ada/02/02.ipynb", "feedback/ada/x.html",
        ".venv/bin/python", ".autograde/grade.log", "autograde/cli/__pycache__/main.pyc", "notebooks/hand_in/x", "demo-class/x",
    ],
)  # fmt: skip
def test_nothing_private_enters_the_image(path: str) -> None:
    assert not enters(path)


def test_the_workers_find_the_course_where_the_image_has_it() -> None:
    places = {
        service["environment"]["AUTOGRADE_COURSE"]
        for service in COMPOSE["services"].values()
        if "build" in service
    }
    places |= {item["value"] for item in VALUES["worker"]["env"] if item["name"] == "AUTOGRADE_COURSE"}
    assert places == {"/course"}
    assert "COPY . /course" in DOCKERFILE


def test_workers_may_make_the_namespaces_that_confinement_uses() -> None:
    assert COMPOSE["services"]["worker"]["cap_add"] == ["SYS_ADMIN"]


def test_the_chart_is_not_asked_for_rights_that_only_a_container_can_have() -> None:
    for part in ("scheduler", "worker"):
        assert "capabilities" not in VALUES[part].get("securityContext", {})
