"""The investors' pages: finding, opening a file, setting up, changing, persons, links; through the forms."""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.actions.clients.investors import Delegate
from gatekeeper.rules.changes import CategoryChange, LowestChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.clients import investors as store
from tests.web.browser import hidden, post, visit
from tests.world import PASSWORD, ZONE

WHY = {"reason": "客户重新测评", "evidence": "问卷 2026-118"}


@pytest.fixture
def zhang(world):
    """A world with an ordinary C3 client."""
    world.client("zhang", RiskCategory.C3)
    return world


@pytest.fixture
def admin(app, world):
    return visit(app, "clients")


def address(world, rest="", name="zhang"):
    return f"/admin/investors/{world.investors[name]}{rest}"


def words(answer) -> str:
    """A page's text as a person reads it, between header and footer."""
    body = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def summary(answer) -> list[tuple[str, str]]:
    """The error summary: field and sentence, each of which leads to a field that is on the page."""
    box = answer.text.split('class="error-summary"', 1)[1].split("</ul>", 1)[0]
    found = [(unescape(field), unescape(text)) for field, text in re.findall(r'<a href="#([^"]*)">(.*?)</a>', box)]
    assert all(f'id="{field}"' in answer.text for field, _ in found), found
    return found


def typed(page: str, name: str) -> str:
    """What stands in a field."""
    return unescape(re.search(rf'name="{name}"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="{name}"', page).expand(r"\1\2"))


def follow(client, answer):
    assert answer.status_code == 303, words(answer)
    return client.get(answer.location)


def classify(world, client, form, name="zhang"):
    """Send the form on class and category as it was opened, with the end of the client number typed from the document."""
    page = client.get(address(world, "/classification", name)).text
    return post(client, address(world, "/classification", name), {**confirmed(page, name), **form}, page=page)


def confirmed(page: str, name="zhang") -> dict[str, str]:
    return {"seen": hidden(page, "seen"), "last_four": f"N-{name}"[-4:]}


def waiting(world, name="zhang"):
    file = world.database.record(investors.view, world.caller("clients"), world.investors[name], world.now)
    return [each.proposal.id for each in file.waiting]


def approve(world, name="zhang"):
    for proposal in waiting(world, name):
        world.database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)


# The list


def test_the_list_shows_every_investor_at_a_glance(world, admin):
    world.client("zhang", RiskCategory.C3)
    world.client("li", RiskCategory.C1, lowest=True, suspended=True)
    world.client("jijin", None, investor_class=InvestorClass.PROFESSIONAL_A)
    world.client("wang", RiskCategory.C4, last_day=world.now.date() + timedelta(days=10))

    page = words(admin.get("/admin/investors"))

    assert re.search(r"li N-li Individual Ordinary investor C1 Lowest category 2028-11-23 Client Suspended —", page)
    assert re.search(r"jijin N-jijin Individual Professional investor, class A — 2027-11-23 Client —", page)
    assert re.search(r"wang N-wang Individual Ordinary investor C4 2026-12-03 Lapses soon Client —", page)
    world.clock.forward(timedelta(days=20))
    assert re.search(r"wang .* 2026-12-03 Lapsed Client", words(visit(admin.application, "clients").get("/admin/investors")))


def test_investors_are_searched_and_nothing_found_says_so(zhang, admin):
    zhang.client("li", RiskCategory.C2)

    assert "N-li" not in words(admin.get("/admin/investors?q=ZHANG"))
    assert "N-zhang" in words(admin.get("/admin/investors?q=N-zh"))
    assert "No investor is found by these words." in words(admin.get("/admin/investors?q=%25"))
    assert admin.get(f"/admin/investors?q={'x' * 5000}&after=nothing").status_code == 200


def test_an_empty_list_says_so(world, admin):
    assert "There is no investor yet." in words(admin.get("/admin/investors"))


def test_the_list_goes_on_by_key(world, admin, monkeypatch):
    monkeypatch.setattr("gatekeeper.web.clients.investors.PAGE", 2)
    for name in ("a1", "a2", "a3"):
        world.client(name, None, investor_class=None)

    first = admin.get("/admin/investors?q=a")
    following = unescape(re.search(r'rel="next" href="([^"]+)"', first.text)[1])
    second = admin.get(following)

    assert [name for name in ("a1", "a2", "a3") if f"N-{name}" in words(first)] == ["a1", "a2"]
    assert [name for name in ("a1", "a2", "a3") if f"N-{name}" in words(second)] == ["a3"]
    assert "From the beginning" in words(second)
    assert 'rel="next"' not in second.text


# A new investor, from the empty form to reading


def test_a_new_investor_is_opened_set_up_approved_and_can_read(app, world, admin):
    opened = post(admin, "/admin/investors/new", {"kind": "INDIVIDUAL", "name": "张三", "client_number": "88001"})
    set_up = follow(admin, opened)
    assert "It permits nothing yet" in words(set_up)
    investor = opened.location.split("/")[-2]
    world.investors["zhang"] = investor
    form = {
        "client": "yes",
        "profile_complete": "yes",
        "branch": "上海营业部",
        "class": "ORDINARY",
        "category": "C2",
        "category_last_day": typed(set_up.text, "category_last_day"),
        "lowest": "yes",
        "name": "张三",
        "login": "zhang",
        "capacity": "本人",
        "seen": hidden(set_up.text, "seen"),
        "last_four": "8001",
        **WHY,
    }

    done = follow(admin, post(admin, f"/admin/investors/{investor}/set-up", form))

    assert form["category_last_day"] == "2028-11-23"
    assert "In force at once: Lowest category: Yes." in words(done)
    assert "not in force yet: Standing; Class: Ordinary investor; Category: C2 Cautious, until 2028-11-23; Mandate." in words(
        done
    )
    assert "Every report is refused at present." in words(done)
    assert len(waiting(world)) == 1
    approve(world)
    shown = words(admin.get(address(world)))
    assert "Reports of R1 are open at present" in shown
    assert "No password yet" in shown
    with world.database.reading() as connection:
        person = store.person_by_login(connection, "zhang").id
    link = post(admin, f"/admin/investors/{investor}/persons/{person}/link", {})
    token_path = re.search(r"http://localhost(/activate/[\w-]+)", link.text)[1]
    stranger = app.test_client()
    page = stranger.get(token_path)
    assert post(stranger, token_path, {"password": PASSWORD}, page=page.text).status_code == 303
    reader = visit(app, "zhang")
    assert reader.get("/reports").status_code == 200


def test_what_is_wrong_with_a_new_investor_is_shown_and_what_was_typed_is_kept(world, admin):
    answer = post(admin, "/admin/investors/new", {"kind": "", "name": "张三", "client_number": ""})
    assert answer.status_code == 400
    assert summary(answer) == [("kind", "Please fill in this field.")]
    assert typed(answer.text, "name") == "张三"

    answer = post(admin, "/admin/investors/new", {"kind": "INDIVIDUAL", "name": "张\x07三", "client_number": "8" * 41})
    assert sorted(summary(answer)) == [
        ("client_number", "At most 40 characters fit here."),
        ("name", "This text has characters that cannot be printed."),
    ]


def test_opening_the_same_file_twice_opens_one(world, admin):
    form = {"kind": "INDIVIDUAL", "name": "张三", "client_number": "88001"}
    assert post(admin, "/admin/investors/new", form).status_code == 303

    again = post(admin, "/admin/investors/new", form)

    assert again.status_code == 409
    assert summary(again) == [("client_number", "There is already an investor with client number 88001.")]


# Class and category


def test_a_fall_acts_at_once_and_a_rise_waits(zhang, admin):
    form = {"category": "C2", "category_last_day": "2027-06-30", "lowest": "yes", **WHY}
    done = words(follow(admin, classify(zhang, admin, form)))
    assert "In force at once: Category: C2 Cautious, until 2027-06-30; Lowest category: Yes." in done
    assert "Proposed" not in done.split("At present")[0]
    assert "Changed by clients Category: C2 Cautious, until 2027-06-30 Lowest category: Yes" in done
    assert re.search(r"Was this an error\? \w{12} Correct: Category · Lowest category", done)
    assert "Reason: 客户重新测评 · Evidence: 问卷 2026-118" in done

    form = {"class": "PROFESSIONAL_B/第八条（五）", "class_last_day": "2027-11-23", **WHY}
    done = words(follow(admin, classify(zhang, admin, form)))
    assert (
        "Proposed, not in force yet: Class: Professional investor, class B, 第八条（五）, until 2027-11-23. Compliance or another"
        in done
    )
    assert "Class Ordinary investor Professional investor, class B, 第八条（五）, until 2027-11-23" in done
    approve(zhang)
    assert "Ground 第八条（五） Class valid until 2027-11-23" in words(admin.get(address(zhang)))


def test_what_is_left_as_it_is_stays(zhang, admin):
    answer = classify(zhang, admin, {"category_last_day": "2026-01-01", "lowest": "yes", **WHY})

    assert "In force at once: Lowest category: Yes." in words(follow(admin, answer))


def test_nothing_chosen_is_said(zhang, admin):
    answer = classify(zhang, admin, WHY)

    assert answer.status_code == 400
    assert summary(answer) == [("category", "Please choose at least one thing to change.")]


def test_every_fault_of_a_classification_is_told_at_its_field(zhang, admin):
    cases = [
        ({"category": "C9"}, ("category", "Please choose one of the list.")),
        ({"category": "C4", "category_last_day": ""}, ("category_last_day", "Please fill in this field.")),
        ({"category": "C4", "category_last_day": "morgen"}, ("category_last_day", "Please give a date as year, month and day.")),
        (
            {"category": "C4", "category_last_day": "9999-12-31"},
            ("category_last_day", "Please give a date as year, month and day."),
        ),
        (
            {"category": "C4", "category_last_day": "0001-01-01"},
            ("category_last_day", "The last valid day must not lie in the past."),
        ),
        (
            {"category": "C4", "category_last_day": "2026-11-22"},
            ("category_last_day", "The last valid day must not lie in the past."),
        ),
        (
            {"category": "C4", "category_last_day": "2126-11-22"},
            ("category_last_day", "This day lies more than ten years ahead."),
        ),
        ({"class": "PROFESSIONAL_A"}, ("class", "Please choose one of the list.")),
        ({"class": "PROFESSIONAL_C/第十一条"}, ("class_last_day", "Please fill in this field.")),
        ({"lowest": "maybe"}, ("lowest", "Please choose one of the list.")),
        ({"lowest": "yes", "reason": " "}, ("reason", "Please fill in this field.")),
        ({"lowest": "yes", "evidence": "档" * 201}, ("evidence", "At most 200 characters fit here.")),
    ]

    for form, wrong in cases:
        answer = classify(zhang, admin, {**WHY, **form})
        assert (answer.status_code, summary(answer)) == (400, [wrong]), form
    assert waiting(zhang) == []


def test_the_same_form_sent_twice_leaves_one_act_and_says_so(zhang, admin):
    fall, rise = {"lowest": "yes", **WHY}, {"category": "C5", "category_last_day": "2028-11-23", **WHY}
    for form, sentence in [
        (fall, "This is on file already; nothing was changed."),
        (rise, "The same change has been proposed already and waits for approval."),
    ]:
        assert classify(zhang, admin, form).status_code == 303
        again = classify(zhang, admin, form)
        assert again.status_code == 409
        assert sentence in words(again)
    assert len(waiting(zhang)) == 1


def test_a_lapsed_category_is_marked_and_renewing_it_waits(zhang, admin):
    zhang.clock.moment = valid_before(zhang.clock.moment.date().replace(year=2028), ZONE)
    admin = visit(admin.application, "clients")
    assert "Category valid until 2028-11-23 Lapsed" in words(admin.get(address(zhang)))
    form = admin.get(address(zhang, "/classification"))
    assert "On file: C3 Steady, lapsed after 2028-11-23" in words(form)

    renewed = {"category": "C3", "category_last_day": typed(form.text, "category_last_day"), **WHY}
    done = words(follow(admin, classify(zhang, admin, renewed)))

    assert renewed["category_last_day"] == "2030-11-24"
    assert "Proposed, not in force yet: Category: C3 Steady, until 2030-11-24." in done


# Standing


def test_the_standing_form_begins_with_what_is_on_file(zhang, admin):
    form = admin.get(address(zhang, "/standing")).text

    assert re.search(r'name="client" value="yes" checked', form)
    assert not re.search(r'name="suspended" value="yes" checked', form)
    assert (typed(form, "branch"), typed(form, "contact")) == ("上海营业部", "021-5550 0100")


def test_a_contract_is_proposed_and_a_suspension_acts_at_once(zhang, admin):
    standing = {"client": "yes", "profile_complete": "yes", "branch": "上海营业部", "contact": "021-5550 0100"}
    contract = {**standing, "contract_from": "2026-11-01", "contract_to": "2027-10-31"}
    done = words(follow(admin, post(admin, address(zhang, "/standing"), {**contract, **WHY})))
    assert "Proposed, not in force yet: Standing." in done
    assert "service contract from 2026-11-01 to 2027-10-31" in done
    approve(zhang)
    form = admin.get(address(zhang, "/standing")).text
    assert (typed(form, "contract_from"), typed(form, "contract_to")) == ("2026-11-01", "2027-10-31")

    done = words(follow(admin, post(admin, address(zhang, "/standing"), {**contract, "suspended": "yes", **WHY})))
    assert "In force at once: Standing." in done
    assert "Every report is refused at present. Account suspended" in done


def test_faults_of_a_standing(zhang, admin):
    standing = {"client": "yes", "profile_complete": "yes", **WHY}
    cases = [
        ({"contract_to": "2027-01-01"}, ("contract_from", "A contract that ends also begins on a day.")),
        (
            {"contract_from": "2027-01-02", "contract_to": "2027-01-01"},
            ("contract_to", "The contract's last day must not lie before its first."),
        ),
        ({"contract_from": "x"}, ("contract_from", "Please give a date as year, month and day.")),
        ({"contract_from": "0001-01-01"}, ("contract_from", "Please give a date as year, month and day.")),
        ({"contact": "9" * 101}, ("contact", "At most 100 characters fit here.")),
    ]

    for form, wrong in cases:
        answer = post(admin, address(zhang, "/standing"), {**standing, **form})
        assert (answer.status_code, summary(answer)) == (400, [wrong]), form


# Persons


def test_a_second_person_is_added_and_approved(zhang, admin):
    form = {"login": "li", "name": "李四", "capacity": "经办人", **WHY}

    done = words(follow(admin, post(admin, address(zhang, "/persons/new"), form)))

    assert "Proposed, not in force yet: Mandate." in done
    assert "Mandate Nothing on file 李四, 经办人" in done
    again = post(admin, address(zhang, "/persons/new"), form)
    assert (again.status_code, "proposed already" in words(again)) == (409, True)
    approve(zhang)
    assert "李四 li 经办人 Without end No password yet" in words(admin.get(address(zhang)))


def test_faults_of_a_person(zhang, admin):
    person = {"login": "li", "name": "李四", "capacity": "经办人", **WHY}
    cases = [
        ({"login": ""}, ("login", "Please fill in this field.")),
        ({"login": "li si"}, ("login", "A login name has no spaces.")),
        ({"login": "reports", "name": ""}, ("login", "reports is staff here and cannot act for an investor.")),
        ({"login": "zhang"}, ("login", "The login name zhang is taken.")),
        ({"name": ""}, ("login", "No person has this login name. For a new person, give the name too.")),
        ({"capacity": ""}, ("capacity", "Please fill in this field.")),
    ]

    for form, wrong in cases:
        answer = post(admin, address(zhang, "/persons/new"), {**person, **form})
        assert (answer.status_code, summary(answer)) == (400, [wrong]), form


def test_a_link_is_shown_once_and_kept_nowhere(zhang, admin):
    path = address(zhang, f"/persons/{zhang.people['zhang']}")

    answer = post(admin, f"{path}/link", {})

    link = re.search(r"http://localhost/activate/[0-9a-z]{26}", answer.text)[0]
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "It sets the password of the login name zhang, works once, and lapses after 72 hours." in words(answer)
    assert link not in admin.get(path).text
    assert admin.get(f"{path}/link").status_code == 405


def test_ending_a_mandate_signs_the_person_out(app, zhang, admin):
    reader = visit(app, "zhang")
    path = address(zhang, f"/persons/{zhang.people['zhang']}")
    refused = post(admin, f"{path}/end", {"reason": "", "evidence": "函 3"})
    assert (refused.status_code, summary(refused)) == (400, [("end-reason", "Please fill in this field.")])
    assert typed(refused.text, "evidence") == "函 3"

    done = words(follow(admin, post(admin, f"{path}/end", {"reason": "离职", "evidence": "函 3"})))

    assert "In force at once: Mandate." in done
    assert "Nobody acts for this investor yet." in done
    assert "zhang does not act for the investor" in done
    assert reader.get("/reports").location.startswith("/sign-in")
    assert admin.get(path).status_code == 404


def test_a_client_is_suspended_and_comes_back_by_two_people(app, zhang, admin):
    reader = visit(app, "zhang")
    path = address(zhang, f"/persons/{zhang.people['zhang']}")
    refused = post(admin, f"{path}/suspension", {"reason": " "})
    assert (refused.status_code, summary(refused)) == (400, [("suspend-reason", "Please fill in this field.")])

    done = words(follow(admin, post(admin, f"{path}/suspension", {"reason": "手机丢失"})))
    assert "All sessions of this person have ended." in done
    assert "Account Suspended" in done
    assert reader.get("/reports").location.startswith("/sign-in")
    assert post(admin, f"{path}/suspension", {"reason": "手机丢失"}).status_code == 404
    assert post(admin, f"{path}/link", {}).status_code == 404

    back = follow(admin, post(admin, f"{path}/reactivation", {"reason": "核实完毕"}))
    assert "Compliance or another client admin must approve it." in words(back)
    again = post(admin, f"{path}/reactivation", {"reason": "核实完毕"})
    assert (again.status_code, "proposed already" in words(again)) == (409, True)
    approve(zhang)
    assert "Account Can sign in" in words(admin.get(path))


def test_a_person_of_another_file_is_not_found_here(zhang, admin):
    zhang.client("li", RiskCategory.C2)
    stranger = address(zhang, f"/persons/{zhang.people['li']}")

    assert admin.get(stranger).status_code == 404
    assert post(admin, f"{stranger}/link", {}).status_code == 404
    assert post(admin, f"{stranger}/reactivation", {"reason": "x"}).status_code == 404
    assert post(admin, f"{stranger}/end", WHY).status_code == 404


# Who may


FORMS = ["/set-up", "/classification", "/standing", "/persons/new"]


def test_those_who_only_look_see_the_file_and_no_form(app, zhang):
    inspector = ("inspector", "inspector", Role.INSPECTOR, (), "现场检查", zhang.now)
    proposed = zhang.database.transact(
        people.propose_staff, zhang.caller("staff-admin"), *inspector, before=valid_before(date(2026, 12, 31), ZONE)
    )
    zhang.database.transact(proposals.approve, zhang.caller("compliance"), proposed.id, "同意", zhang.now)
    with zhang.database.reading() as connection:
        zhang.people["inspector"] = store.person_by_login(connection, "inspector").id
    zhang.give_password("inspector")

    for who in ("compliance", "inspector"):
        client = visit(app, who)
        page = client.get(address(zhang))
        assert page.status_code == 200
        assert "Change class or category" not in page.text
        assert f"{address(zhang)}/persons/" not in page.text
        assert "Was this an error?" not in page.text
        assert "/log/" in page.text, "the entry of each step is one tap away"
        assert "New investor" not in client.get("/admin/investors").text
        for form in FORMS:
            assert client.get(address(zhang, form)).status_code == 403
            assert post(client, address(zhang, form), WHY).status_code == 403


def test_others_do_not_see_investors(app, zhang):
    for who in ("reports", "staff-admin", "zhang"):
        client = visit(app, who)
        for path in ("/admin/investors", "/admin/investors/new", address(zhang), *(address(zhang, form) for form in FORMS)):
            assert client.get(path).status_code == 403, (who, path)


def test_a_stranger_is_asked_to_sign_in(client, zhang):
    assert client.get(address(zhang)).location.startswith("/sign-in")


def test_an_investor_who_is_not_there(zhang, admin):
    for path in ("", *FORMS):
        assert admin.get(f"/admin/investors/nothing{path}").status_code == 404


def test_a_form_without_its_token_is_refused(zhang, admin):
    assert admin.post(address(zhang, "/classification"), data={"lowest": "yes", **WHY}).status_code == 400
    assert "Lowest category No" in words(admin.get(address(zhang)))


def test_a_file_in_chinese_says_everything(app, zhang):
    zhang.change("zhang", LowestChange(investor=zhang.investors["zhang"], lowest=True))
    zhang.database.transact(
        investors.change,
        zhang.caller("clients"),
        zhang.investors["zhang"],
        [],
        "新增经办人",
        "授权书 1",
        zhang.now,
        delegate=Delegate("<b>李四</b>", "li", "经办人"),
    )
    zhang.staff("clients-2", Role.ADMIN, Grant.CLIENTS)

    page = visit(app, "clients-2", "zh-CN").get(address(zhang))

    assert page.status_code == 200
    assert "&lt;b&gt;李四&lt;/b&gt;" in page.text
    assert "<b>李四</b>" not in page.text


# That it is the right client: the end of the number, and the file as it was seen


def test_the_end_of_the_client_number_is_not_shown_but_asked_for(zhang, admin):
    page = admin.get(address(zhang, "/classification"))

    assert "N-zhang" not in page.text
    assert "Type them from the document in front of you: N-z••••" in words(page)


@pytest.mark.parametrize(
    ("typed_four", "sentence"),
    [
        ("", "Please type the last four characters of the client number from your document."),
        ("0001", "This is not the end of this client's number. Make sure that you have the right client."),
    ],
)
def test_another_clients_number_changes_nothing_and_keeps_what_was_typed(zhang, admin, typed_four, sentence):
    form = {"category": "C2", "category_last_day": "2028-11-23", **WHY, "last_four": typed_four}

    answer = classify(zhang, admin, form)

    assert answer.status_code == 400
    assert summary(answer) == [("last_four", sentence)]
    assert "问卷 2026-118" in answer.text
    assert '<option value="C2" selected>' in answer.text


def test_the_end_of_the_number_is_typed_in_any_case(zhang, admin):
    form = {"category": "C2", "category_last_day": "2028-11-23", **WHY, "last_four": " HANG "}

    assert classify(zhang, admin, form).status_code == 303


def test_a_form_from_before_another_change_is_told_and_can_be_sent_again(zhang, admin):
    page = admin.get(address(zhang, "/classification")).text
    form = {"category": "C1", "category_last_day": "2028-11-23", **WHY}
    classify(zhang, admin, {**form, "category": "C2"})

    stale = post(admin, address(zhang, "/classification"), {**confirmed(page), **form}, page=page)
    assert stale.status_code == 409
    assert "Somebody has changed this file since you opened the form." in words(stale)
    assert "On file: C2 Cautious" in words(stale)

    assert post(admin, address(zhang, "/classification"), {**confirmed(stale.text), **form}, page=stale.text).status_code == 303


# Correcting what was entered in error


def link_to_correct(page, title) -> str:
    found = re.findall(r'<a class="nowrap" href="([^"]+/corrections/[^"]+)">([^<]*)</a>', page.text)
    return unescape(next(href for href, what in found if what == title))


def test_an_error_is_corrected_from_the_history_and_the_client_is_told(app, zhang, admin):
    wrong = CategoryChange(
        investor=zhang.investors["zhang"], category=RiskCategory.C5, before=valid_before(date(2028, 11, 23), ZONE)
    )
    zhang.change("zhang", wrong)
    path = link_to_correct(admin.get(address(zhang)), "Category")

    page = admin.get(path)
    assert "Applies now C5 Aggressive, until 2028-11-23 Will apply C3 Steady, until 2028-11-23" in words(page)
    assert "This makes nothing more favourable, so it takes effect at once." in words(page)
    assert "No decision used this entry." in words(page)
    done = follow(admin, post(admin, path, {"seen": hidden(page.text, "seen"), **WHY}, page=page.text))

    assert "Marked as entered in error. What it had displaced applies again." in words(done)
    assert "Error corrected by clients" in words(done)
    assert "Entered in error Category: C5 Aggressive, until 2028-11-23" in words(done)
    told = words(visit(app, "zhang").get("/record"))
    assert re.search(r"We corrected an error of ours on \S+ ?. Entered by mistake: Risk tolerance C5 Aggressive", told)
    again = admin.get(path)
    assert again.status_code == 409


def test_a_correction_that_raises_waits_and_shows_the_approver_what_would_apply(app, zhang, admin):
    wrong = CategoryChange(
        investor=zhang.investors["zhang"], category=RiskCategory.C1, before=valid_before(date(2028, 11, 23), ZONE)
    )
    zhang.change("zhang", wrong)
    path = link_to_correct(admin.get(address(zhang)), "Category")
    page = admin.get(path)
    assert "It takes effect once compliance or another client admin has approved it" in words(page)

    done = follow(admin, post(admin, path, {"seen": hidden(page.text, "seen"), **WHY}, page=page.text))

    assert "so compliance or another client admin must approve it." in words(done)
    assert "Correction of an error Proposed by clients" in words(done)
    shown = words(visit(app, "compliance").get(f"/proposals/{waiting(zhang)[0]}"))
    assert "Category: correction of an error" in shown
    assert re.search(r"Category C1 Conservative C3 Steady Changed", shown)


def test_a_correction_without_a_reason_is_asked_for_one(zhang, admin):
    path = link_to_correct(admin.get(address(zhang)), "Category")
    page = admin.get(path)

    answer = post(admin, path, {"seen": hidden(page.text, "seen"), "reason": "", "evidence": "工单"}, page=page.text)

    assert summary(answer) == [("reason", "Please fill in this field.")]
    assert "工单" in answer.text
