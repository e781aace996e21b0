"""Start JupyterLab and say where it is: on the start page for students, or on the course with nbgrader's tools.

Works headless and as root too. The settings of both (no news, which of nbgrader's extensions) are in lab_settings/.
"""

import argparse
import json
import os
import pathlib
import socket
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
START = "START.md"
FOR_INSTRUCTORS = ("formgrader", "course_list")
"""Server extensions of nbgrader that students have no use for."""


def command(port: int, instructor: bool, root: pathlib.Path = ROOT) -> list[str]:
    """The command line that becomes JupyterLab."""
    settings = ROOT / "tools" / "lab_settings" / ("instructor" if instructor else "student")
    words = [sys.executable, "-m", "jupyterlab", "--port", str(port), "--ServerApp.port_retries=0"]
    words += ["--ServerApp.root_dir", str(root if instructor else root / "notebooks")]
    if not instructor and (root / "notebooks" / START).is_file():
        words.append(f"--LabApp.default_url=/lab/tree/{START}")
    words += ["--LabApp.app_settings_dir", str(settings), "--LabApp.news_url=None"]
    words += [
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    if not instructor:
        hidden = {f"nbgrader.server_extensions.{name}": False for name in FOR_INSTRUCTORS}
        words.append(f"--ServerApp.jpserver_extensions={json.dumps(hidden).replace('false', 'False')}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        words.append("--no-browser")
    return words


def require_free(port: int) -> None:
    """Stop with one sentence where something else answers on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"Port {port} is taken. Choose another one: make lab PORT={port + 1}")


def write_start_page() -> None:
    """Bring the students' start page up to date. Where that is not possible JupyterLab opens on its launcher."""
    sys.path.insert(0, str(ROOT))
    from coursekit.start import write_start_page as write

    if not write(ROOT / "notebooks"):
        print(
            f"The start page {ROOT / 'notebooks' / START} cannot be written; the lessons are in the list of files."
        )


def main() -> None:
    """Check the port, then become JupyterLab."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8888)
    parser.add_argument(
        "--instructor", action="store_true", help="the course with Formgrader instead of the lessons"
    )
    arguments = parser.parse_args()
    require_free(arguments.port)
    what = "the course, for instructors" if arguments.instructor else "the lessons"
    print(f"JupyterLab starts on {what}. Open the address it prints below in your browser.", flush=True)
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    if not arguments.instructor:
        write_start_page()
    os.chdir(ROOT)  # nbgrader reads the course's nbgrader_config.py from the working directory
    os.execv(sys.executable, command(arguments.port, arguments.instructor))


if __name__ == "__main__":
    main()
