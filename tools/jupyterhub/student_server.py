"""A server of the hub: brings the start page in its home up to date and becomes JupyterLab, which opens on it.

Runs as whoever the server belongs to, and writes nothing but START.md in that home. Where this cannot be written, or
where somebody keeps a START.md of their own, JupyterLab opens on its launcher.
"""

import os
import pathlib
import sys


def offer_start_page(home: pathlib.Path) -> bool:
    """Bring the start page up to date; whether JupyterLab can open on it."""
    try:
        from coursekit.start import bring_start_page
    except ImportError:  # COURSE_STUDENT_PATH names a folder without coursekit: the lessons will say so
        return False
    return bring_start_page(home)


def main() -> None:
    """Become the hub's JupyterLab, with the arguments that the hub gave."""
    if offer_start_page(pathlib.Path.cwd()):
        os.environ["JUPYTERHUB_DEFAULT_URL"] = "/lab/tree/START.md"
    os.execv(sys.executable, [sys.executable, "-m", "jupyterhub.singleuser", *sys.argv[1:]])


if __name__ == "__main__":
    main()
