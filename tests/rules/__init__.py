"""Tests of what is allowed: no app, no fixtures, no database."""
