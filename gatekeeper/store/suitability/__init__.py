"""Questionnaires and assessments, applications, whom a new policy touches, and the facts of one decision."""
