# Other names for the jobs of dev.py, for those who have make. ARGS="..." is passed on: make test ARGS="-k statement --long"
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help demo test check format translate bench lock

help:  ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo:  ## start a filled demonstration system
	@$(PYTHON) dev.py demo $(ARGS)

test:  ## run the tests
	@$(PYTHON) dev.py test $(ARGS)

check:  ## format, lint, types, imports, translations
	@$(PYTHON) dev.py check $(ARGS)

format:  ## format the code and correct what can be corrected mechanically
	@$(PYTHON) dev.py format $(ARGS)

translate:  ## bring the Chinese catalogue up to date
	@$(PYTHON) dev.py translate $(ARGS)

bench:  ## measure the hot paths
	@$(PYTHON) dev.py bench $(ARGS)

lock:  ## renew requirements/ from pyproject.toml (needs uv)
	@$(PYTHON) dev.py lock $(ARGS)
