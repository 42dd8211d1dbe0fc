"""Tables in a report's text: what is one, what stays a paragraph, and what may be drawn."""

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules.wording.document import Section, read_document
from gatekeeper.rules.wording.tables import Table, number_of, read_table

PRICES = """图1：系统中标均价（元/瓦时）
| 月份 | 2小时 | 4小时 |
|:---|---:|---:|
| 7月 | 0.55 | 0.47 |
| 8月 | 0.53 | 0.46 |"""


def test_rows_between_bars_are_a_table_under_their_caption():
    assert read_table(PRICES) == Table(
        "图1：系统中标均价（元/瓦时）",
        ("月份", "2小时", "4小时"),
        (("7月", "0.55", "0.47"), ("8月", "0.53", "0.46")),
        is_figure=True,
    )


def test_a_table_among_paragraphs_keeps_its_place():
    text = f"标题\n\n● 价格\n\n均价企稳。\n\n{PRICES}\n\n此后回升。\n"

    assert read_document(text).sections == (Section("价格", ("均价企稳。", read_table(PRICES), "此后回升。")),)


def test_a_caption_rule_and_full_width_bars_are_as_people_type_them():
    assert read_table("| a | b |\n| 1 | 2 |") == Table("", ("a", "b"), (("1", "2"),))
    assert read_table("表2：甲\n｜ 甲 ｜ 乙 ｜\n｜ 1 ｜  ｜") == Table("表2：甲", ("甲", "乙"), (("1", ""),))
    assert read_table("| a | b |\n| - | - |\n| - | 2 |") == Table("", ("a", "b"), (("-", "2"),))


def test_what_does_not_keep_to_the_form_stays_the_paragraph_that_it_was():
    for paragraph in (
        "",
        "|",
        "| a | b |",
        "| a | b |\n|---|---|",
        "| a |\n| b |",
        "| a | b |\n| 1 |",
        "| a | b |\n一句话\n| 1 | 2 |",
        "两行\n说明\n| a | b |\n| 1 | 2 |",
        "杠杆|久期|信用\n三项",
    ):
        assert read_table(paragraph) is None, paragraph


def test_only_what_calls_itself_a_figure_and_holds_numbers_is_drawn():
    def drawn(caption: str, *rows: str, head: str = "| 月 | 值 |") -> bool:
        table = read_table("\n".join([caption, head, *rows]))
        assert table is not None
        return table.is_figure

    assert drawn("图2 均价", "| 1 | 1,200.5 |", "| 2 | −3% |")
    assert drawn("Figure 3: prices", "| 1 | 2 |", "| 2 | +3 |")
    assert not drawn("表2 均价", "| 1 | 1 |", "| 2 | 3 |")
    assert not drawn("图2 均价", "| 1 | 1 |")
    assert not drawn("图2 均价", "| 1 | 1 |", "| 2 | 约 3 |")
    assert not drawn("图2 均价", *(f"| {day} | 1 |" for day in range(25)))
    assert not drawn("图2 均价", "| 1 | 1 | 1 | 1 | 1 | 1 |", "| 2 | 1 | 1 | 1 | 1 | 1 |", head="| 月 | a | b | c | d | e |")


def test_a_cell_is_a_number_only_as_a_whole():
    assert [number_of(cell) for cell in ("1", "1,234.5", "12,34", "－３．５％", "4小时", "", "1e9", "nan")] == [
        1.0,
        1234.5,
        None,
        -3.5,
        None,
        None,
        None,
        None,
    ]


@given(st.text(alphabet="|｜ab1-\n 图:", max_size=60))
def test_no_text_fails_and_a_table_loses_no_words(paragraph):
    table = read_table(paragraph)

    if table is not None:
        assert all(len(row) == len(table.columns) for row in table.rows)
        kept = "".join([table.caption, *table.columns, *(cell for row in table.rows for cell in row)])
        assert set(paragraph) - set(kept) <= set("|｜- \n:")
