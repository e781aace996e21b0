# make lab    the course in JupyterLab          make test   the tests
# make demo   a sample class, graded            make build  masters → notebooks
# make instructor   JupyterLab with Formgrader  make bench   the engine against plain nbgrader
# make site   the course as web pages           make hub     JupyterHub for a class, to try
# make bench-lessons   seconds of every cell of the solved lessons
PYTHON ?= python3
PORT ?= 8888
BIN := .venv/bin

.PHONY: lab instructor test demo bench bench-lessons build site hub venv

venv:
	@$(PYTHON) tools/bootstrap.py test

lab: venv
	@$(BIN)/python tools/lab.py --port $(PORT)

instructor: venv
	@$(BIN)/python tools/lab.py --instructor --port $(PORT)

test: venv
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/ruff check --quiet .
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/autograde build --check
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -q -n 2

demo: venv
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/autograde demo

bench: export OMP_NUM_THREADS = 1
bench: venv
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.grading
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.layers
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.confinement

bench-lessons: venv
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.lessons

site: venv
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/autograde site

hub: venv
	@test -x $(BIN)/configurable-http-proxy || npm install --silent -g --prefix .venv configurable-http-proxy@4.6
	@PATH="$(CURDIR)/$(BIN):$$PATH" COURSE_HUB_PORT=$${COURSE_HUB_PORT:-8000} $(BIN)/jupyterhub -f tools/jupyterhub/jupyterhub_config.py

build: venv
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/autograde build
