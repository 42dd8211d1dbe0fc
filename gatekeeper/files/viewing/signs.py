"""How a code stands in what leaves the house, so that it is found again."""

import re

PREFIX = "GK"
"""What begins the text of our squares, so that no other square on a page is taken for one."""
IDENTIFIER = b"GKv1"
"""What begins the identifier of a file that was made here; the code follows."""
KEYWORD = "gatekeeper:"
"""What begins the keyword that holds the code."""
BETWEEN = " · "
"""What stands between time and code in the lines of a mark."""

CODE = "[0-9a-hjkmnp-tv-z]{12}"
WRITTEN = re.compile(rf"·\s*({CODE})(?![0-9a-z])")
KEPT = re.compile(rf"{KEYWORD}({CODE})(?![0-9a-z])")
DRAWN = re.compile(rf"{PREFIX}({CODE})", re.IGNORECASE)
WHOLE = re.compile(CODE)
