# The course and its grader on Linux, for machines that are not. docs/confinement.md says how to run it.
FROM python:3.11-slim-bookworm
WORKDIR /opt/course-install
COPY pyproject.toml README.md ./
COPY autograde autograde
COPY coursekit coursekit
# Only the packages: the course itself is mounted at /course.
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu . \
    && pip uninstall --yes training-deep-networks
WORKDIR /course
ENV PYTHONPATH=/course PYTHONDONTWRITEBYTECODE=1
RUN printf '#!/bin/sh\nexec python -c "from autograde.cli.main import main; main()" "$@"\n' > /usr/local/bin/autograde && chmod 755 /usr/local/bin/autograde
CMD ["autograde", "--help"]
