"""A number in a report was wrong: the corrected file comes in, is held beside the old text, goes out, and its reader is told."""

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.work import telling
from tests import corrected
from tests.actions.test_telling import office
from tests.browser.away import has_read


def test_a_correction_goes_from_the_file_to_the_reader_of_the_old_one(live, way, walk):
    world, title = live.world, f"更正旅程{way.short}"
    report = corrected.published(world, corrected.file("52%", title))
    reader, admin, officer = walk(), walk(), walk()
    has_read(live, live.client(f"corrected-{way.short}", RiskCategory.C4), report)

    admin.enter("reports")
    admin.open(f"/admin/reports/{report}", "version-out")
    admin.page.locator("#versions summary", has_text=admin.said("Bring in a corrected file")).click()
    text = corrected.TEXT.format(growth="25%").replace("储能招标放量而价格企稳", title, 1)
    admin.page.locator("[name=file]").set_input_files(
        {"name": "corrected.txt", "mimeType": "text/plain", "buffer": text.encode()}
    )
    said = admin.press("version-brought-in", "Bring in")
    assert admin.said("Version %(number)s out", number=1) in said
    admin.page.locator("#reason").fill("更正增速")
    admin.press("version-proposed", "Propose")

    officer.enter("compliance")
    said = officer.open(f"/admin/reports/{report}/versions/2/differences", "version-beside")
    assert "52" in said
    assert "25" in said
    officer.open("/proposals", "proposals.index")
    officer.press("version-proposal", title, role="link")
    officer.press("version-approved", "Approve")

    admin.open(f"/admin/reports/{report}", "version-to-publish")
    said = admin.press("version-published", "Publish")
    assert admin.said("Superseded") in said
    telling.rematch(office(world))
    reader.enter(f"corrected-{way.short}")
    said = reader.open("/notices", "version-told")
    assert reader.said("A corrected version of “%(title)s” is out.", title=title) in said
    said = reader.press("", "Open the report", role="link")  # other journeys look at the page of its words
    assert title in said
