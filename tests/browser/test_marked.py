"""Words and what was read from them, by the keyboard alone, beside the pages of a PDF."""

from playwright.sync_api import expect

from tests import pdfs


def test_each_word_leads_to_its_part_and_back_by_the_keyboard(live, way, walk):
    admin = walk()
    admin.enter("reports")
    admin.open("/admin/reports/import", "reports.import_form")
    report = pdfs.report((pdfs.REPORTS / "r3-hog-cycle.txt").read_text("utf-8"), foot=way.short)  # another file each time
    admin.page.locator("[name=files]").set_input_files({"name": "r3.pdf", "mimeType": "application/pdf", "buffer": report})
    admin.press("reports.show", "Import")
    admin.press("marked-pdf", "All words with what was read from them", role="link")

    admin.page.locator(".marked a[href='#read-grade']").focus()
    admin.page.keyboard.press("Enter")
    part = admin.page.locator("#read-grade")
    expect(part).to_be_in_viewport()
    expect(part).to_contain_text("R3")
    admin.page.keyboard.press("Tab")
    admin.page.keyboard.press("Enter")
    mark = admin.page.locator(".marked a[href='#read-grade']")
    expect(mark).to_be_in_viewport()
    assert admin.page.url.endswith("#" + (mark.get_attribute("id") or "?"))

    picture = admin.page.locator(".marked-page img").first
    picture.scroll_into_view_if_needed()
    admin.page.wait_for_function("image => image.complete && image.naturalWidth > 900", arg=picture.element_handle())
    assert admin.page.locator(".marked-page rect").count() >= 8
