"""Set the course up, once, and open it in JupyterLab: python3 start.py [--port 8888]"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent
PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

if __name__ == "__main__":
    if subprocess.call([sys.executable, str(ROOT / "tools" / "bootstrap.py")]):
        sys.exit(1)
    try:
        sys.exit(subprocess.call([str(PYTHON), str(ROOT / "tools" / "lab.py"), *sys.argv[1:]]))
    except KeyboardInterrupt:
        sys.exit(0)
