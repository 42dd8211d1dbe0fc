"""A privacy notice for tests: the world of the other tests has none, so nobody there is asked."""

from gatekeeper.actions.accounts import privacy
from tests.world import POLICIES, World

TEXTS = {"zh_CN": "privacy.zh.md", "en": "privacy.en.md"}


def texts() -> dict[str, str]:
    """The product's own notice in both languages."""
    return {tag: (POLICIES / name).read_text("utf-8") for tag, name in TEXTS.items()}


def install(world: World) -> None:
    """Put the product's notice in force."""
    world.database.transact(privacy.install, texts(), world.now)


def replace(world: World, **changed: str) -> None:
    """Put other words in force, those of one language or of both."""
    wanted = {**texts(), **changed}
    world.database.transact(privacy.replace, world.caller("compliance"), wanted, "新版", world.now)
