"""environment.yml and pyproject.toml ask for the same versions."""

import pathlib
import re
import tomllib

ROOT = pathlib.Path(__file__).parent.parent


def test_conda_and_pip_install_the_same_versions():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    conda = re.findall(r"^      - (?!-e)(.+)$", (ROOT / "environment.yml").read_text(), re.MULTILINE)
    assert conda == wanted


def test_torch_is_pinned_exactly():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "torch==2.13.0" in project["dependencies"]
