"""Make or refresh `.venv`, saying what happens. Runs on any Python, so that an old one gets a clear answer.

Usage: python3 tools/bootstrap.py [EXTRA]     (the Makefile asks for the extra `test`; a second call does nothing)
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(
    VENV, "Scripts" if os.name == "nt" else "bin", "python.exe" if os.name == "nt" else "python"
)
STAMP = os.path.join(VENV, ".installed")
NEEDED_BYTES = 3 * 2**30


def stop(sentence):
    """End with one sentence and no traceback."""
    sys.exit("\nThe course could not be set up. " + sentence)


def wanted():
    """What the environment depends on: the project's requirements and this Python."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return hashlib.sha256(file.read() + sys.version.encode() + package().encode()).hexdigest()


def package():
    """This folder as pip takes it, with the extra asked for."""
    return f".[{sys.argv[1]}]" if len(sys.argv) > 1 else "."


def installed():
    """What the environment was last made from."""
    try:
        with open(STAMP) as file:
            return file.read()
    except OSError:
        return ""


def check_python():
    """Stop on a Python that cannot run the course."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file must answer on an older Python
        stop(
            "It needs Python 3.11 or newer; this is Python {}.{}. Install a newer one and run, for example, "
            "`make lab PYTHON=python3.12`.".format(*sys.version_info[:2])
        )


def check_disk():
    """Stop before a full disk breaks the installation in the middle."""
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        stop(f"It needs 3 GB of free disk here; there is {free / 2**30:.1f} GB. Make room and try again.")


def run(sentence, *command):
    """Say what is done and do it; on failure show the end of the output and the likely reason."""
    print("  " + sentence, flush=True)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-12:]))
        stop(
            "The step above failed. Without a network connection packages cannot be fetched; else see the lines above."
        )


def main():
    """Create `.venv` if it is missing or stale."""
    check_python()
    if installed() == wanted() and os.path.exists(PYTHON):
        return
    check_disk()
    print("Setting up the course in .venv (once; a few minutes):", flush=True)
    run("making a virtual environment", sys.executable, "-m", "venv", "--clear", VENV)
    run("installing the packages", PYTHON, "-m", "pip", "install", "--quiet", "-e", package())
    with open(STAMP, "w") as file:
        file.write(wanted())
    print("  done.", flush=True)


if __name__ == "__main__":
    main()
