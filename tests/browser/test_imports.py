"""A file of people in front of a browser: handed in and confirmed by an admin, looked at and approved by compliance."""

import io
from pathlib import Path

from openpyxl import Workbook

from gatekeeper.rules.importing.columns import BY_KEY
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.services import EXTENSION
from tests.imported import Importer, row

NO_CATEGORY = "“%(value)s” is no category. Write C1 to C5; whether it is the lowest category stands in a column of its own."
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(rows) -> bytes:
    """An XLSX file as a person makes it, under Chinese headings."""
    book, keys = Workbook(), list(dict.fromkeys(key for each in rows for key in each))
    book.active.append([BY_KEY[key].zh for key in keys])
    for each in rows:
        book.active.append([each.get(key) for key in keys])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_goes_from_the_admin_to_compliance_and_into_force(live, way, walk):
    number, login = f"00{way.short}", f"imported-{way.short}"
    low = live.client(f"lowered-{way.short}", RiskCategory.C4)
    until = {"category_until": "2028-11-23", "evidence": "档案 2"}
    rows = [
        row(client_number=number, login=login, name=f"江南{way.short}"),
        {"client_number": f"N-{low}", "category": "C2", **until},
    ]
    wrong = {"client_number": f"N-{low}9", "category": "C9"}
    importer = Importer(live.world, Path(live.app.extensions[EXTENSION].settings.data_dir))
    admin, officer = walk(), walk()

    admin.enter("clients")
    admin.open("/admin/investors", "investors.index")
    admin.press("investors.imports.index", "Imported files", role="link")
    admin.press("investors.imports.new", "Import a file", role="link")
    admin.fill(reason="年度批量更新")
    hand_in(admin, "wrong.csv", "客户编码,等级\n1,C3\n".encode(), "text/csv")
    said = admin.press("import-wrong", "Check the file", status=400)
    assert "客户编号" in said
    hand_in(admin, "people.xlsx", workbook([*rows, wrong]), WORKBOOK)
    admin.press("", "Check the file")
    importer.work()
    address = admin.page.url.removeprefix(live.address)
    said = admin.open(address, "investors.imports.show")
    assert admin.said(NO_CATEGORY, value="C9") in said
    admin.press("", "Confirm and propose")
    importer.work()
    admin.open(address, "import-waiting")
    admin.press("proposal-import", "The proposal with what raises", role="link")

    officer.enter("compliance")
    officer.open(admin.page.url.removeprefix(live.address), "proposal-import-to-decide")
    said = officer.press("import-rows", "Look at the rows that raise", role="link")
    assert number in said
    officer.page.go_back()
    officer.press("proposal-import-approved", "Approve")
    importer.work()

    said = admin.open(address, "import-done")
    assert admin.said("Done") in said
    assert f"江南{way.short}" in admin.open(f"/admin/investors?q={login}", "investors.index")


def hand_in(admin, name: str, content: bytes, kind: str) -> None:
    admin.page.locator("[name=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})
