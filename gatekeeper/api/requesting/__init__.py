"""Asking people to look at a refusal: what a refusal offers, and the requests themselves."""
