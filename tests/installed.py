"""What this environment has installed, offered to pip without a network: a package index of empty wheels.

Each wheel holds one line that puts the packages installed here on the path, and none of the course's own.
"""

from __future__ import annotations

import os
import pathlib
import re
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import distribution, version

from packaging.requirements import Requirement

OURS = re.compile(r"training_deep_networks|_editable_impl|autograde|coursekit|.*\.pth$|__pycache__")
BUILDING = ("hatchling", "editables")


def wheelhouse(root: pathlib.Path, pyproject: pathlib.Path) -> pathlib.Path:
    """A folder of wheels for everything that this project file asks for. Every version is the one installed here."""
    packages, wheels = root / "packages", root / "wheels"
    packages.mkdir(parents=True)
    wheels.mkdir()
    for entry in pathlib.Path(sysconfig.get_path("purelib")).iterdir():
        if not OURS.match(entry.name):
            (packages / entry.name).symlink_to(entry)
    wanted = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
    for name in (*(Requirement(text).name for text in wanted), *BUILDING):
        _wheel(wheels, name, packages)
    return wheels


def _wheel(folder: pathlib.Path, name: str, packages: pathlib.Path) -> None:
    short, number = re.sub(r"[-_.]+", "_", name), version(name)
    info = f"{short}-{number}.dist-info"
    files = {
        f"{short}_installed.pth": f"{packages}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if points := distribution(name).read_text("entry_points.txt"):
        files[f"{info}/entry_points.txt"] = points
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{short}-{number}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def clean_environment(home: pathlib.Path, wheels: pathlib.Path) -> dict[str, str]:
    """A stranger's environment: nothing of ours on any path. Jupyter's data files are not in wheels of one line."""
    shared, settings = (
        pathlib.Path(sys.prefix, "share", "jupyter"),
        pathlib.Path(sys.prefix, "etc", "jupyter"),
    )
    return {
        "PATH": os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "JUPYTER_PATH": str(shared),
        "JUPYTER_CONFIG_PATH": str(settings),
        "JUPYTERLAB_DIR": str(shared / "lab"),
    }


def plain_python() -> str:
    """The Python that this environment was made from."""
    return str(getattr(sys, "_base_executable", sys.executable))
