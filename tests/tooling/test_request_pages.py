"""The pages of requests: asking, reviewing, reading. What is refused changes nothing and loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.tooling.actions.conditions import attach_condition, prove_condition
from apps.tooling.actions.reviewing import comment, start_review
from apps.tooling.models import Condition, ExceptionRequest, Verdict
from apps.tooling.queries import clock
from tests.personas import People
from tests.tooling.making import (
    approve,
    capability,
    draft,
    in_review,
    sent,
    standard,
    step,
    tool,
    until,
)

SignedIn = Callable[[str], Client]


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.status_code
    return str(answer.content.decode())


def act(client: Client, request: ExceptionRequest, do: str, **fields: Any) -> Any:
    return client.post(f"/tooling/requests/{request.pk}/act/", {"do": do, **fields})


def test_a_request_is_read_by_whoever_sees_the_tool(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    for name in ("kim", "chloe", "ben", "dmitri", "root"):
        body = page(signed_in(name), f"/tooling/requests/{request.pk}/")
        assert "Compare scoring runs side by side" in body
        assert "Value for the business" in body and "Neptune" in body
    assert "Your decision" not in page(signed_in("kim"), f"/tooling/requests/{request.pk}/")
    assert "Your decision" not in page(signed_in("root"), f"/tooling/requests/{request.pk}/")
    assert "Your decision" in page(signed_in("farid"), f"/tooling/requests/{request.pk}/")


def test_a_draft_is_shown_to_its_team_only(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"))
    assert signed_in("ben").get(f"/tooling/requests/{row.pk}/").status_code == 302
    for name in ("chloe", "dmitri", "kim"):
        client = signed_in(name)
        for path in ("", "edit/"):
            assert client.get(f"/tooling/requests/{row.pk}/{path}").status_code == 404
        answer = client.post(f"/tooling/requests/{row.pk}/save/", {"version": row.version, "kpi": "mine"})
        assert answer.status_code == 404
        assert act(client, row, "withdraw").status_code == 404
    row.refresh_from_db()
    assert row.kpi.startswith("Hours") and row.state == "draft"


def test_everybody_decides_on_the_page_and_the_last_one_grants(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    for name, role in (("dmitri", "central"), ("farid", "business")):
        answer = signed_in(name).post(
            f"/tooling/requests/{request.pk}/review/",
            {"verdict": "approve", "step": step(request, role).pk, "comment": "Weighed."},
        )
        assert answer.status_code == 302
    request.refresh_from_db()
    assert request.state == "active"
    body = page(signed_in("kim"), f"/tooling/requests/{request.pk}/")
    assert "Weighed." in body and "The exception" in body and "Production" in body


def test_a_rejection_without_alternative_keeps_what_was_typed(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    answer = signed_in("dmitri").post(
        f"/tooling/requests/{request.pk}/review/",
        {"verdict": "reject", "step": step(request, "central").pk, "comment": "MLflow does it."},
    )
    body = answer.content.decode()
    assert answer.status_code == 400
    assert "Name another tool that serves the need." in body and "MLflow does it." in body
    assert not Verdict.objects.exists()


def test_nobody_of_the_team_and_nobody_without_the_eyes_decides(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    for name in ("ben", "ada", "kim", "jo", "chloe", "root"):
        sent_ = {"verdict": "approve", "step": step(request, "central").pk}
        answer = signed_in(name).post(f"/tooling/requests/{request.pk}/review/", sent_)
        assert answer.status_code == 403, name
    answer = signed_in("dmitri").post(f"/tooling/requests/{request.pk}/review/", {"step": "1"})
    assert answer.status_code == 400
    assert not Verdict.objects.exists()


def test_whoever_declared_a_conflict_has_no_form(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    answer = act(signed_in("dmitri"), request, "recuse", reason="My brother sells it.")
    assert answer.status_code == 302
    body = page(signed_in("dmitri"), f"/tooling/requests/{request.pk}/")
    assert "My brother sells it." in body and "Your decision" not in body


def test_acts_follow_the_life_of_a_request(people: People, signed_in: SignedIn) -> None:
    request = sent(people, tool(people, "comet"), "production", days=100)
    dmitri, ben = signed_in("dmitri"), signed_in("ben")
    assert act(dmitri, request, "triage").status_code == 302
    assert act(dmitri, request, "ask", question="Which runs?").status_code == 302
    assert "Which runs?" in page(ben, f"/tooling/requests/{request.pk}/")
    assert "The center asked for more" in page(ben, f"/tooling/requests/{request.pk}/edit/")
    assert act(ben, request, "answer", answer="The scoring runs.").status_code == 302
    assert act(dmitri, request, "start").status_code == 302
    request.refresh_from_db()
    assert request.state == "in_review"
    assert act(ben, request, "withdraw").status_code == 302
    request.refresh_from_db()
    assert request.state == "withdrawn"


def test_what_is_not_allowed_now_is_said_and_changes_nothing(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    cases = {
        "kim": ("withdraw", "close", "triage", "start", "recuse", "revoke", "appeal", "renew"),
        "ben": ("start", "revoke", "appeal", "close", "renew", "recuse"),
        "dmitri": ("withdraw", "revoke", "close"),
    }
    for name, acts in cases.items():
        for do in acts:
            fields = {"reason": "Because.", "notice_days": "0"}
            answer = act(signed_in(name), request, do, **fields)
            assert answer.status_code == 403, (name, do)
            assert "you see this" in answer.content.decode().lower()
    assert act(signed_in("kim"), request, "nonsense").status_code == 400
    request.refresh_from_db()
    assert request.state == "in_review" and request.version == ExceptionRequest.objects.get().version
    assert not request.recusals.exists()


def test_a_comment_that_is_refused_comes_back(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    answer = act(signed_in("kim"), request, "comment", text="bell \x07 rings")
    assert answer.status_code == 400
    assert not request.comments.exists()
    assert act(signed_in("kim"), request, "comment", text="Good luck").status_code == 302
    assert request.comments.get().text == "Good luck"


def test_evidence_is_added_returned_and_confirmed(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    answer = act(
        signed_in("dmitri"), request, "condition", text="Export nightly", owner=people.ben.pk, due=until(10)
    )
    assert answer.status_code == 302, answer.content.decode()
    row = Condition.objects.get()
    approve(people, request)
    path = f"/tooling/conditions/{row.pk}/"
    assert signed_in("ben").get(path).status_code == 302
    assert signed_in("ben").post(path, {"do": "prove", "evidence": ""}).status_code == 400
    assert signed_in("ben").post(path, {"do": "prove", "evidence": "See job 7"}).status_code == 302
    assert signed_in("ben").post(path, {"do": "confirm"}).status_code == 403
    assert signed_in("dmitri").post(path, {"do": "return", "reason": "No link"}).status_code == 302
    assert "No link" in page(signed_in("ada"), f"/tooling/requests/{request.pk}/")
    prove_condition(actor=people.ben, condition=row, evidence="https://example.com/job/7")
    assert signed_in("dmitri").post(path, {"do": "confirm"}).status_code == 302
    row.refresh_from_db()
    assert row.met_by == people.dmitri


def test_revoking_with_notice_says_when_it_ends(people: People, signed_in: SignedIn) -> None:
    request = approve(people, in_review(people, tool(people, "comet")))
    answer = act(signed_in("esther"), request, "revoke", reason="A breach.", notice_days="500")
    assert answer.status_code == 400 and "0 to 90" in answer.content.decode()
    assert act(signed_in("esther"), request, "revoke", reason="A breach.", notice_days="7").status_code == 302
    body = page(signed_in("ben"), f"/tooling/requests/{request.pk}/")
    assert "A breach." in body and "Active" in body


def test_a_renewal_is_a_draft_and_comes_thirty_days_before(people: People, signed_in: SignedIn) -> None:
    request = approve(people, in_review(people, tool(people, "comet"), days=20))
    answer = act(signed_in("ben"), request, "renew")
    renewal = ExceptionRequest.objects.get(renews=request)
    assert answer["Location"] == f"/tooling/requests/{renewal.pk}/edit/"
    late = approve(people, in_review(people, tool(people, "neptune"), days=120))
    assert "A renewal may be asked from" in page(signed_in("ben"), f"/tooling/requests/{late.pk}/")
    assert act(signed_in("ben"), late, "renew").status_code == 409


def test_a_standard_that_changed_during_the_review_is_told(people: People, signed_in: SignedIn) -> None:
    comet, where = tool(people, "comet"), capability(people)
    standard(people, where, (comet, "hold"))
    request = in_review(people, comet)
    assert "which still holds" in page(signed_in("farid"), f"/tooling/requests/{request.pk}/")
    standard(people, where, (comet, "assess"))
    body = page(signed_in("farid"), f"/tooling/requests/{request.pk}/")
    assert "The standard changed since this was sent." in body and "revision 2" in body


# The person, the request with its review, rights, grants, conditions, words, history, the standard's answer.
def test_the_page_costs_the_same_however_much_was_said(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    dmitri = signed_in("dmitri")

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(dmitri, f"/tooling/requests/{request.pk}/")
        return len(seen)

    def more(text: str) -> None:
        comment(actor=people.kim, request=request, text=text)
        attach_condition(
            actor=people.farid,
            request=request,
            text=text,
            owner=people.ben,
            due=clock.now() + timedelta(days=9),
        )

    more("first")
    cost()
    few = cost()
    for text in ("second", "third", "fourth"):
        more(text)
    cost()  # the book is read anew once after a change
    assert cost() == few <= 40


def test_a_lead_reads_a_draft_and_cannot_write_it(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"))
    for name in ("esther", "root"):
        assert "Draft" in page(signed_in(name), f"/tooling/requests/{row.pk}/")
        assert signed_in(name).get(f"/tooling/requests/{row.pk}/edit/").status_code == 403
    assert act(signed_in("ben"), row, "withdraw")["Location"] == "/tooling/requests/mine/"
    assert "Withdrawn" in page(signed_in("ben"), f"/tooling/requests/{row.pk}/")


def test_every_form_carries_its_token(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    due = clock.now() + timedelta(days=9)
    attach_condition(actor=people.farid, request=request, text="Export", owner=people.ben, due=due)
    other, row = sent(people, tool(people, "aim"), "staging"), draft(people, tool(people, "neptune"))
    done = approve(people, in_review(people, tool(people, "wandb"), days=20))
    paths = {
        "farid": (f"{request.pk}/", f"{request.pk}/review/?part=1", "inbox/"),
        "ben": (f"{row.pk}/edit/", "new/", f"{request.pk}/", f"{done.pk}/", "inbox/"),
        "dmitri": ("inbox/", f"{other.pk}/"),
        "esther": (f"{done.pk}/",),
    }
    for name, several in paths.items():
        for path in several:
            body = page(signed_in(name), f"/tooling/requests/{path}")
            main = body[max(body.find("<main"), 0) :].split("</main>")[0]
            posts = [form for form in main.split("<form")[1:] if 'method="post"' in form]
            assert posts or path == "inbox/", (name, path)
            assert all("csrfmiddlewaretoken" in form.split("</form>")[0] for form in posts), (name, path)


def test_absurd_ids_are_no_page(signed_in: SignedIn) -> None:
    client = signed_in("ben")
    for pk in (0, 999, 2**70):
        for path in (
            f"requests/{pk}/",
            f"requests/{pk}/edit/",
            f"requests/{pk}/review/",
            f"conditions/{pk}/",
        ):
            assert client.get(f"/tooling/{path}").status_code == 404


def test_nobody_reads_without_signing_in(people: People) -> None:
    request = in_review(people, tool(people, "comet"))
    for path in ("requests/new/", f"requests/{request.pk}/", "requests/mine/", "requests/"):
        answer = Client().get(f"/tooling/{path}")
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]


def test_roles_keep_their_order_and_the_end_is_one_day_everywhere(
    people: People, signed_in: SignedIn
) -> None:
    request = sent(people, tool(people, "comet"), "production", days=100)
    path, ben = f"/tooling/requests/{request.pk}/", signed_in("ben")
    orders = [_roles(page(ben, path))]
    request = start_review(actor=people.dmitri, request=request)
    orders.append(_roles(page(ben, path)))
    assert orders == [["Central platform", "Business side"]] * 2
    approve(people, request)
    day = f"{request.requested_until.day} {request.requested_until:%b %Y}"
    body = page(ben, path)
    assert f"until {day}" in body and re.search(
        rf'<dt>Until</dt><dd><time [^>]*title="[^"]+">{day}</time>', body
    )


def _roles(body: str) -> list[str]:
    steps = body.partition('class="stepper"')[2].partition("</ol>")[0]
    return re.findall(r'step-label">(Central platform|Business side)', steps)


def test_what_a_rejection_needs_is_not_called_optional(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    form = page(signed_in("farid"), f"/tooling/requests/{request.pk}/").partition('id="decide"')[2]
    form = form.partition("</form>")[0]
    assert form.count("needed to reject") == 2 and ">optional<" not in form
