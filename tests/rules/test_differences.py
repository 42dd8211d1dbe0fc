"""Two texts side by side: nothing is lost, what is the same is not marked, what differs is."""

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules.changing.differences import Paragraph, compare

TEXTS = st.lists(st.text(alphabet="风险等级R1 读,。ab", max_size=12), max_size=6).map("\n".join)


def said(parts) -> str:
    return "".join(text for _, text in parts)


def test_the_same_text_has_no_difference():
    assert all(each.is_same for each in compare("标题\n\n正文", "标题\n正文\n"))


def test_a_changed_word_is_marked_and_its_neighbours_are_not():
    [found] = compare("It is valid for twelve months.", "It is valid for six months.")

    assert found.old == ((False, "It is valid for "), (True, "twelve"), (False, " months."))
    assert found.new == ((False, "It is valid for "), (True, "six"), (False, " months."))


def test_chinese_is_compared_character_by_character():
    [found] = compare("有效期为十二个月", "有效期为六个月")

    assert found.old == ((False, "有效期为"), (True, "十二"), (False, "个月"))
    assert found.new == ((False, "有效期为"), (True, "六"), (False, "个月"))


def test_a_new_and_a_dropped_paragraph_stand_alone():
    assert compare("一\n二", "一\n二\n三")[2] == Paragraph((), ((True, "三"),))
    assert compare("一\n二", "二")[0] == Paragraph(((True, "一"),), ())


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back(old, new):
    found = compare(old, new)

    assert [said(each.old) for each in found if each.old] == [line.strip() for line in old.splitlines() if line.strip()]
    assert [said(each.new) for each in found if each.new] == [line.strip() for line in new.splitlines() if line.strip()]
