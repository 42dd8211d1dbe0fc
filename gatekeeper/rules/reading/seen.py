"""Which pages of a report were seen, as an entry says it."""

from collections.abc import Iterable


def ranges(pages: Iterable[int]) -> str:
    """Pages as people write them: ``1-4, 7``."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and runs[-1][1] == page - 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def is_whole(pages: Iterable[int], total: int | None) -> bool:
    """Whether every page of a report was among them."""
    return total is not None and set(range(1, total + 1)) <= set(pages)
