"""Start JupyterLab on the lessons and say where it is. Works headless and as root too."""

import argparse
import os
import pathlib
import socket
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> None:
    """Check the port, then become JupyterLab."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8888)
    port = parser.parse_args().port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"Port {port} is taken. Choose another one: make lab PORT={port + 1}")
    command = [sys.executable, "-m", "jupyterlab", "--port", str(port), "--ServerApp.port_retries=0"]
    command += ["--ServerApp.root_dir", str(ROOT / "notebooks"), "--LabApp.news_url=None"]
    if os.geteuid() == 0:
        command.append("--allow-root")
    if not os.environ.get("DISPLAY"):
        command.append("--no-browser")
    print("JupyterLab starts on the lessons. Open the address it prints below in your browser.", flush=True)
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
