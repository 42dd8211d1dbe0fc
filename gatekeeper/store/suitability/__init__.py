"""Questionnaires and assessments, applications, and whom a new policy touches."""
