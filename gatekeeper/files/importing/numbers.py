"""A file of client numbers, CSV or XLSX: the column that is headed so, or the first one."""

from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile

from gatekeeper.files.importing import table
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.messages.distribution import Numbers, read_column

MOST_BYTES = 2_000_000
_MOST_ROWS = 100_000
_TOO_LARGE = N_("The file is too large: at most %(most)s MB are read.")
_TOO_LONG = N_("The file has more than %(most)s rows. Please divide it.")


def read(content: bytes) -> Numbers:
    """The client numbers of a file; raise ``Invalid`` for what cannot be read."""
    if len(content) > MOST_BYTES:
        raise Invalid(Fault(_TOO_LARGE, field="file", most=MOST_BYTES // 1_000_000))
    with NamedTemporaryFile() as aside:
        aside.write(content)
        aside.flush()
        with closing(table.records(Path(aside.name))) as found:
            rows = [[text for text, _ in cells] for _, cells in islice(found, _MOST_ROWS + 1)]
    if len(rows) > _MOST_ROWS:
        raise Invalid(Fault(_TOO_LONG, field="file", most=f"{_MOST_ROWS:,}"))
    return read_column(rows)
