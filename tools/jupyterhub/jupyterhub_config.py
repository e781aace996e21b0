"""JupyterHub for one course on one machine: nbgrader's exchange, instructors, students, a shared Formgrader.

    make hub        or        jupyterhub -f tools/jupyterhub/jupyterhub_config.py

Every server is a process of the account that started the hub: enough to try a course and to test it, not to grade
strangers. docs/jupyterhub.md names the lines to change for a real class. What may be set from outside:

    COURSE_ROOT            the course folder (this repository)
    COURSE_HUB             homes, exchange and the hub's own files (.jupyterhub/ in the course folder)
    COURSE_PEOPLE          who may log in (people.toml beside this file)
    COURSE_HUB_PASSWORD    the one password of the trial log-in, 8 letters or more; a new one each start when not set
    COURSE_HUB_PORT        8000
    COURSE_STUDENT_PYTHON  the Python of students' servers; one without `autograde` for a real class
    COURSE_STUDENT_PATH    the folder their lessons find coursekit in; the students' bundle for a real class
"""

import os
import pathlib
import secrets
import shutil
import sys
import tomllib

from jupyterhub.objects import Server

HERE = pathlib.Path(__file__).resolve().parent
ROOT = pathlib.Path(os.environ.get("COURSE_ROOT", HERE.parents[1])).resolve()
HUB = pathlib.Path(os.environ.get("COURSE_HUB", ROOT / ".jupyterhub")).resolve()
PEOPLE = tomllib.loads(pathlib.Path(os.environ.get("COURSE_PEOPLE", HERE / "people.toml")).read_text())
PORT = int(os.environ.get("COURSE_HUB_PORT", "8000"))
BIN = pathlib.Path(sys.executable).parent
SETTINGS = HERE.parent / "lab_settings"
COURSE = "training-deep-networks"
"""nbgrader's course id. The service and the groups `formgrade-…` and `nbgrader-…` have to carry it in their names."""
GRADER = f"grader-{COURSE}"
"""The service asks the hub for its courses under this name. Nobody can log in with it."""
EXCHANGE = HUB / "exchange"
for folder in (HUB / "home", EXCHANGE):
    folder.mkdir(parents=True, exist_ok=True)
EXCHANGE.chmod(0o777)  # as nbgrader asks: students write their submissions there

c = get_config()  # noqa: F821 - JupyterHub provides it

# --- the hub itself ---------------------------------------------------------------------------------------------------
os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
proxy = shutil.which("configurable-http-proxy")
if proxy is None:
    sys.exit(
        "JupyterHub needs configurable-http-proxy: npm install -g --prefix .venv configurable-http-proxy@4.6"
    )
c.ConfigurableHTTPProxy.command = [proxy]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.pid_file = str(HUB / "proxy.pid")
c.ConfigurableHTTPProxy.auth_token = secrets.token_hex(32)
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 2}"
c.JupyterHub.db_url = f"sqlite:///{HUB / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(HUB / "cookie_secret")
c.JupyterHub.cleanup_servers = True

# --- who may log in: replace the authenticator, keep the groups -------------------------------------------------------
password = os.environ.get("COURSE_HUB_PASSWORD") or secrets.token_urlsafe(9)
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = password
c.Authenticator.allowed_users = {*PEOPLE["instructors"], *PEOPLE["students"]}
# A name that left people.toml, or never stood there like the grader's, stays outside. (In `blocked_users` the grader
# would lose its group too, and Formgrader would show no lesson as released.)
c.Authenticator.allow_existing_users = False
c.JupyterHub.load_groups = {
    f"formgrade-{COURSE}": {"users": [*PEOPLE["instructors"], GRADER]},
    f"nbgrader-{COURSE}": {"users": [*PEOPLE["instructors"], *PEOPLE["students"]]},
}
c.JupyterHub.load_roles = [
    {
        "name": "formgrader",
        "groups": [f"formgrade-{COURSE}"],
        "scopes": [f"access:services!service={COURSE}", "list:services", f"read:services!service={COURSE}"],
    },
    {
        "name": "enroller",
        "services": [COURSE],
        "description": "Formgrader adds students to the group, and reads who takes the course",
        "scopes": ["admin:groups", "read:users", "list:services"],
    },
    {"name": "server", "scopes": ["inherit"]},  # nbgrader asks the hub for its user's groups
]


def first_page(handler):
    """Where a person arrives: instructors on Formgrader, students on their own server."""
    groups = {group.name for group in getattr(handler.current_user, "groups", ())}
    return f"/services/{COURSE}/" if f"formgrade-{COURSE}" in groups else ""


c.JupyterHub.default_url = first_page

# --- everybody's server: a process with a home of its own -------------------------------------------------------------
SHARED = {
    "COURSE_ID": COURSE,
    "COURSE_EXCHANGE": str(EXCHANGE),
    "JUPYTER_CONFIG_PATH": str(HERE),  # nbgrader_config.py beside this file
}
STUDENT_PYTHON = os.environ.get("COURSE_STUDENT_PYTHON", sys.executable)
c.JupyterHub.spawner_class = "jupyterhub.spawner.SimpleLocalProcessSpawner"
c.SimpleLocalProcessSpawner.home_dir_template = str(HUB / "home" / "{username}")
# It writes the start page into the home, as whoever the server belongs to, and becomes jupyterhub.singleuser.
c.Spawner.cmd = [STUDENT_PYTHON, str(HERE / "student_server.py")]
c.Spawner.default_url = "/lab"
c.Spawner.environment = SHARED | {"PYTHONPATH": os.environ.get("COURSE_STUDENT_PATH", str(ROOT))}
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.Spawner.args = [
    f"--LabApp.app_settings_dir={SETTINGS / 'student'}",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': False, "
    "'nbgrader.server_extensions.course_list': False}",
    *(["--allow-root"] if os.geteuid() == 0 else []),
]

# --- the instructors' shared Formgrader, on the course folder ---------------------------------------------------------
# JupyterHub ends itself when a service it started does not answer within ten seconds, which is too few on a busy machine.
_wait_up = Server.wait_up
Server.wait_up = lambda self, timeout=10, **options: _wait_up(self, timeout=max(timeout, 20), **options)
c.JupyterHub.services = [
    {
        "name": COURSE,
        "url": f"http://127.0.0.1:{PORT + 3}",
        "command": [
            sys.executable,
            "-m",
            "jupyterhub.singleuser",
            f"--ServerApp.root_dir={ROOT}",
            f"--LabApp.app_settings_dir={SETTINGS / 'instructor'}",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.assignment_list': False, "
            "'nbgrader.server_extensions.course_list': False}",
            *(["--allow-root"] if os.geteuid() == 0 else []),
        ],
        "cwd": str(ROOT),  # the course's own nbgrader_config.py
        "environment": SHARED
        | {
            "JUPYTERHUB_USER": GRADER,
            # In a tab of its own: since JupyterHub 4.1 no page of a hub may be framed. The JupyterLab of this service
            # (notebooks open in it) therefore has no tab for it, and none of the lists, which would be empty.
            "JUPYTERHUB_DEFAULT_URL": "/formgrader",
            "JUPYTER_CONFIG_PATH": os.pathsep.join([str(HERE / "formgrader"), str(HERE)]),
            "HOME": str(HUB),
            "PYTHONPATH": str(ROOT),
        },
        "oauth_no_confirm": True,
    }
]

print(
    f"The hub will be at http://127.0.0.1:{PORT} (this machine only). Instructors: {', '.join(PEOPLE['instructors'])}."
    + (
        ""
        if os.environ.get("COURSE_HUB_PASSWORD")
        else f" The password of everybody in this trial: {password}"
    ),
    flush=True,
)
