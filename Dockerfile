# The grader on Linux: for machines that are not, and for the workers of a cluster.
# docs/confinement.md and docs/cluster.md say how to run it.
FROM python:3.11-slim-bookworm
# torch for processors only, many times smaller than what the package index has.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

# The libraries. The project's own packages are empty here, so that this layer lasts until pyproject.toml changes.
WORKDIR /opt/course-install
COPY pyproject.toml README.md ./
RUN mkdir autograde coursekit && touch autograde/__init__.py coursekit/__init__.py \
    && pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" '.[cluster,postgres]' \
    && pip uninstall --yes training-deep-networks

# The course itself, as .dockerignore lets it through. A folder mounted over /course takes its place.
COPY . /course
WORKDIR /course
ENV PYTHONPATH=/course PYTHONDONTWRITEBYTECODE=1
RUN printf '#!/bin/sh\nexec python -c "from autograde.cli.main import main; main()" "$@"\n' > /usr/local/bin/autograde \
    && chmod 755 /usr/local/bin/autograde
CMD ["autograde", "--help"]
