"""What a verification finds, one word for each kind of flaw, and the sentence for it."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gatekeeper.rules.errors import N_

MOST = 1000
"""So many findings are kept; how many there are in all is always counted."""


class Check(StrEnum):
    """What is wrong. Names are only ever added."""

    NO_KEY = "no_key"
    NO_ANCHOR = "no_anchor"
    NO_CHECKPOINT = "no_checkpoint"
    NOTHING_SEALED = "nothing_sealed"
    TILE_MISSING = "tile_missing"
    TILE_DIFFERS = "tile_differs"
    TILE_EXTRA = "tile_extra"
    ROOT_DIFFERS = "root_differs"
    ENTRIES_DIFFER = "entries_differ"
    CHECKPOINT_UNSIGNED = "checkpoint_unsigned"
    CHECKPOINT_MISPLACED = "checkpoint_misplaced"
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    CHECKPOINT_AHEAD = "checkpoint_ahead"
    KNOWN_UNSIGNED = "known_unsigned"
    KNOWN_FOREIGN = "known_foreign"
    KNOWN_DIFFERS = "known_differs"
    KNOWN_AHEAD = "known_ahead"
    ANCHOR_AHEAD = "anchor_ahead"
    ANCHOR_WITHOUT_CHECKPOINT = "anchor_without_checkpoint"
    LEAF_MISSING = "leaf_missing"
    LEAF_EXTRA = "leaf_extra"
    ENTRY_MISSING = "entry_missing"
    BYTES_DIFFER = "bytes_differ"
    UNREADABLE = "unreadable"
    COLUMNS_DIFFER = "columns_differ"
    ANSWERS_DIFFER = "answers_differ"
    ANSWER_WITHOUT_ENTRY = "answer_without_entry"
    PRIVATE_DIFFERS = "private_differs"
    PRIVATE_MISSING = "private_missing"
    CHAIN_GAP = "chain_gap"
    CHAIN_DIFFERS = "chain_differs"
    CLOCK_SET_BACK = "clock_set_back"
    CLOCK_APART = "clock_apart"
    NEITHER = "neither"
    BOTH = "both"
    WAITS_WITHOUT_ENTRY = "waits_without_entry"
    WAITS_TOO_LONG = "waits_too_long"
    ACT_WITHOUT_ENTRY = "act_without_entry"
    ACT_OF_OTHER_KIND = "act_of_other_kind"
    ACT_ABOUT_OTHER = "act_about_other"
    LOG_WITHOUT_ENTRY = "log_without_entry"


SENTENCES = {
    Check.NO_KEY: N_("No public key was given, so no signature could be checked."),
    Check.NO_ANCHOR: N_(
        "There is no outside anchor: without a checkpoint that somebody else kept, nobody can see from inside that the log"
        " was cut off, or made anew as a whole."
    ),
    Check.NO_CHECKPOINT: N_("%(origin)s has %(size)s leaves, but no checkpoint over them is signed."),
    Check.NOTHING_SEALED: N_("Nothing of %(origin)s is sealed."),
    Check.TILE_MISSING: N_("%(origin)s: %(tile)s is missing, or too short."),
    Check.TILE_DIFFERS: N_("%(origin)s: hash %(place)s of %(tile)s is not that of the tile below it."),
    Check.TILE_EXTRA: N_("%(origin)s: %(tile)s is more than a log of %(size)s leaves has."),
    Check.ROOT_DIFFERS: N_("%(origin)s: the tiles do not give the root that is stored for %(size)s leaves."),
    Check.ENTRIES_DIFFER: N_("%(origin)s: the entries do not give the root that is stored for %(size)s leaves."),
    Check.CHECKPOINT_UNSIGNED: N_("%(origin)s: the checkpoint over %(size)s leaves bears no good signature of a known key."),
    Check.CHECKPOINT_MISPLACED: N_("%(origin)s: the checkpoint kept for %(size)s leaves says something else."),
    Check.CHECKPOINT_DIFFERS: N_("%(origin)s: what stands does not give the root that was signed for %(size)s leaves."),
    Check.CHECKPOINT_AHEAD: N_("%(origin)s was put back: a checkpoint over %(signed)s leaves is kept, but it has only %(size)s."),
    Check.KNOWN_UNSIGNED: N_("%(known)s bears no good signature of a known key."),
    Check.KNOWN_FOREIGN: N_("%(known)s is a checkpoint of %(origin)s, which this database does not hold."),
    Check.KNOWN_DIFFERS: N_("%(origin)s is not the log that %(known)s was signed for: at %(size)s leaves it has another root."),
    Check.KNOWN_AHEAD: N_("%(origin)s was put back: %(known)s is over %(signed)s leaves, but it has only %(size)s."),
    Check.ANCHOR_AHEAD: N_("%(origin)s was put back: %(target)s was given a checkpoint over %(signed)s leaves; it has %(size)s."),
    Check.ANCHOR_WITHOUT_CHECKPOINT: N_("%(origin)s: %(target)s was given a checkpoint over %(size)s leaves that is gone."),
    Check.LEAF_MISSING: N_("%(origin)s: leaf %(leaf)s (hash %(place)s of %(tile)s) belongs to no entry."),
    Check.LEAF_EXTRA: N_("%(origin)s: entry %(code)s is said to be leaf %(leaf)s of a log of %(size)s leaves."),
    Check.ENTRY_MISSING: N_("%(origin)s: the entry of leaf %(leaf)s (hash %(place)s of %(tile)s) is gone."),
    Check.BYTES_DIFFER: N_("Entry %(code)s is not what was sealed as leaf %(leaf)s (hash %(place)s of %(tile)s)."),
    Check.UNREADABLE: N_("Entry %(code)s has a leaf that is not in the form of a leaf."),
    Check.COLUMNS_DIFFER: N_("Entry %(code)s is shown with another %(columns)s than its leaf has."),
    Check.ANSWERS_DIFFER: N_("Entry %(code)s is found by other people, investors or reports than its leaf names."),
    Check.ANSWER_WITHOUT_ENTRY: N_("An answer is kept of entry number %(entry)s, which is gone or holds no several answers."),
    Check.PRIVATE_DIFFERS: N_("Entry %(code)s: what is kept as its %(field)s is not what the leaf commits to."),
    Check.PRIVATE_MISSING: N_("Entry %(code)s: its %(field)s is gone, and no entry says that it was erased."),
    Check.CHAIN_GAP: N_("An entry before %(code)s is gone: its writer had written %(expected)s before it."),
    Check.CHAIN_DIFFERS: N_("The entry that was written before %(code)s, on the same connection, is not the one it names."),
    Check.CLOCK_SET_BACK: N_("Entry %(code)s was recorded before the one that its writer had written already."),
    Check.CLOCK_APART: N_("Entry %(code)s says that it happened at another time than it was recorded: %(apart)s seconds apart."),
    Check.NEITHER: N_("Entry %(code)s is neither sealed nor waiting to be."),
    Check.BOTH: N_("Entry %(code)s is sealed and still waits to be."),
    Check.WAITS_WITHOUT_ENTRY: N_("Entry number %(entry)s waits to be sealed but is gone."),
    Check.WAITS_TOO_LONG: N_("%(count)s entries wait to be sealed, the oldest for %(minutes)s minutes. Does the sealer run?"),
    Check.ACT_WITHOUT_ENTRY: N_("Row %(row)s of %(table)s refers to an entry that is gone."),
    Check.ACT_OF_OTHER_KIND: N_("Row %(row)s of %(table)s names entry %(code)s, which tells of something else."),
    Check.ACT_ABOUT_OTHER: N_("Row %(row)s of %(table)s names entry %(code)s, which is about somebody or something else."),
    Check.LOG_WITHOUT_ENTRY: N_("%(origin)s was opened after another log, and no entry says why."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw, and where it is."""

    check: Check
    values: dict[str, Any]

    @property
    def sentence(self) -> str:
        """What is wrong, to be translated and filled from ``values``."""
        return SENTENCES[self.check]

    @property
    def where(self) -> str:
        """The code of the entry or the path of the tile that it is about; of what has neither, the check's own name."""
        return str(self.values.get("code") or self.values.get("tile") or self.check.value)


@dataclass(slots=True)
class Findings:
    """All that was found: the first of it in full, and how often each."""

    first: list[Finding] = field(default_factory=list)
    counts: Counter[Check] = field(default_factory=Counter)

    def add(self, check: Check, **values: Any) -> None:
        """Count a flaw, and keep it while there is room."""
        found = Finding(check, values)
        if check is Check.TILE_MISSING and found in self.first:
            return  # several checks come across it
        self.counts[check] += 1
        if len(self.first) < MOST:
            self.first.append(found)

    def take(self, others: "Findings") -> None:
        """Count what another check found as well."""
        self.counts.update(others.counts)
        self.first += others.first[: MOST - len(self.first)]

    @property
    def count(self) -> int:
        """How many there are in all."""
        return self.counts.total()
