"""Tables and figures in a report: where they are drawn, and that they reach the reader as a table and a picture."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import reports
from gatekeeper.files.prepare import prepare, printed_audience
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.web.pieces import HEIGHT, WIDTH, draw
from tests.plugins.live import demo_report
from tests.web.browser import hidden, visit

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def figure(*rows, columns=("月份", "值")):
    return draw({"columns": list(columns), "rows": [list(row) for row in rows]})


def test_few_points_stand_as_bars_on_zero_and_many_are_lines():
    few = figure(("7月", "0.5"), ("8月", "1"))
    many = figure(*((str(day), str(day)) for day in range(1, 13)))

    assert [(bar.series, bar.y + bar.height) for bar in few.bars] == [(1, few.zero), (1, few.zero)]
    assert few.bars[1].height == pytest.approx(2 * few.bars[0].height, abs=0.2)
    assert (few.lines, many.bars, len(many.lines)) == ((), (), 1)
    assert [text for _, text in few.ticks] == ["0", "0.25", "0.5", "0.75", "1"]
    assert len(many.labels) == 6


def test_what_is_below_zero_hangs_from_the_line():
    drawn = figure(("高成本", "-168"), ("低成本", "156"))

    assert drawn.bars[0].y == drawn.zero
    assert drawn.bars[1].y < drawn.zero


NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12).map(str), st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: f"{number:.4f}")
)


@given(st.integers(1, 4).flatmap(lambda series: st.lists(st.tuples(st.just("x"), *[NUMBERS] * series), min_size=2, max_size=24)))
def test_whatever_the_numbers_everything_lies_inside_the_picture(rows):
    drawn = figure(*rows, columns=["x"] * len(rows[0]))
    points = [tuple(map(float, point.split(","))) for line in drawn.lines for point in line.points.split()]

    assert all(0 <= bar.x <= bar.x + bar.width <= WIDTH and 0 <= bar.y <= bar.y + bar.height <= HEIGHT for bar in drawn.bars)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert all(0 <= y <= HEIGHT for y, _ in drawn.ticks)
    assert 2 <= len(drawn.ticks) <= 8


@on_sqlite
def test_a_reader_gets_a_table_a_picture_and_its_numbers(app, world):
    world.client("reader", RiskCategory.C3)
    report = _publish(world, "r3-container-ports-en")
    reader = visit(app, "reader")
    statement = reader.get(f"/reports/{report}/statement").text
    serving = re.search(r'name="serving" value="(\w+)"', statement)[1]
    answer = {"serving": serving, "answer": "accept", "ticked": "yes", "end_reached": "yes", "csrf_token": hidden(statement)}
    reader.post(f"/reports/{report}/acknowledgement", data=answer)

    page = reader.get(f"/reports/{report}").text

    assert '<svg class="drawn"' in page
    assert 'aria-label="Figure 1: Moves per call, main and feeder ports"' in page
    assert page.count('<table class="numbers">') == 2
    assert '<th scope="row">Harrow Bay Terminals</th>' in page
    assert "| Jan |" not in page
    assert not re.search(r"<[^>]* style=|<style|<script>", page)


def _publish(world, name):
    database, admin = world.database, world.caller("reports")
    report = database.transact(reports.import_report, admin, prepare(demo_report(name), name), world.now).report
    with database.reading() as connection:
        file = reports.view(connection, report, world.now)
    wish = reports.Wish(
        grade=RiskGrade[file.reading["grade"]],
        audience=printed_audience(file.reading),
        settled_before={each.id: world.now + timedelta(days=90) for each in file.open},
        reason="与印刷一致",
    )
    proposed = database.transact(reports.propose_publication, admin, report, wish, world.now)
    database.transact(proposals.approve, world.caller("compliance"), proposed.id, "同意", world.now)
    database.transact(reports.publish, admin, report, None, world.now)
    return report
