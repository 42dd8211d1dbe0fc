"""The three searches of the decision API, and the tokens that lead from page to page."""
