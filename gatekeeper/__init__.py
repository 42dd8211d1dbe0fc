"""Gatekeeper, the suitability gatekeeper for securities research."""

__version__ = "0.1.0"
