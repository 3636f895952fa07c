# Two commands do all the set-up: `make demo` and `make test`. Both use .venv/, which is
# made when it is missing (see scripts/bootstrap.py). HEADLESS=1 works on a virtual screen.

PYTHON ?= python3
BOOTSTRAP = $(PYTHON) scripts/bootstrap.py

ifeq ($(shell uname),Linux)
ifeq ($(DISPLAY)$(WAYLAND_DISPLAY),)
HEADLESS ?= 1
endif
endif
export HEADLESS

# Without a screen the demo writes its results and a picture of the window.
ifeq ($(HEADLESS),1)
DEMO_OPTIONS = --headless --out demo-output
endif

.PHONY: help demo test lint docs benchmark accuracy

help:
	@echo "make demo       open napari with a sample experiment"
	@echo "make test       lint, types, import layers, manifest, docs, tests"
	@echo "make lint       lint, types, import layers, manifest"
	@echo "make docs       build the documentation into site/"
	@echo "make benchmark  time what has to be fast"
	@echo "make accuracy   measure on simulated images, write docs/accuracy.md (minutes)"

demo:
	@$(BOOTSTRAP) --display napari-insitu-tem demo $(DEMO_OPTIONS)

test:
	@$(BOOTSTRAP) --display python scripts/check.py lint docs tests

lint:
	@$(BOOTSTRAP) python scripts/check.py lint

docs:
	@$(BOOTSTRAP) python scripts/check.py docs

benchmark:
	@$(BOOTSTRAP) --display python -m pytest benchmarks --override-ini timeout=0 \
		--benchmark-columns min,median,max,rounds --benchmark-sort name

accuracy:
	@$(BOOTSTRAP) python scripts/accuracy
