"""nbgrader on the hub, for everybody: where the exchange is, and that the hub says who takes which course."""

import os

from nbgrader.auth import JupyterHubAuthPlugin

c = get_config()  # noqa: F821 - nbgrader provides it
c.CourseDirectory.course_id = os.environ["COURSE_ID"]
c.Exchange.root = os.environ["COURSE_EXCHANGE"]
c.Authenticator.plugin_class = JupyterHubAuthPlugin

user = os.environ.get("JUPYTERHUB_USER", "")
if user and user != f"grader-{os.environ['COURSE_ID']}":  # the instructors' service speaks for every student
    c.CourseDirectory.student_id = user  # the hub's name, whichever account of the machine runs the server
