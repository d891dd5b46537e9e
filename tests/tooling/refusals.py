"""Every write of the tooling room, with a body that would be accepted from somebody with the right: a request of risk-ml
about a tool that only risk-ml sees, and the standards that CoE leads keep."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from graphql_relay import to_global_id

from apps.catalog.models import Entity
from apps.people.models import Team
from apps.tooling import models as tooling
from tests.personas import People
from tests.tooling import walked

RULES = [{"tool": "tool:coe/open-tool", "ring": "recommended"}]
REVISION = {"rationale": "Because.", "rules": RULES}
# What everybody may do: propose, and speak about an open proposal. A token that may only read may not.
OPEN_TO_ALL = {"tooling_proposals_create", "tooling_proposals_comment_create"}
# Pages that only show, and those on which everybody acts for their own: proposing, asking what their own team may use.
READING = {
    "home", "capability", "compare", "standard", "tool", "proposals", "proposal", "requests", "requests-csv",
    "requests-facets", "mine", "inbox", "calendar", "precedents", "request", "options", "use", "leads",
}  # fmt: skip
OWN = {"propose", "check"}


def with_tooling(people: People) -> None:
    """A hidden tool with its package, profile and request in review; a proposal open to comments and one in a vote."""
    platform, risk = (Team.objects.get(slug=slug) for slug in ("ml-platform", "risk-ml"))
    Entity.objects.create(kind="tool", namespace="coe", name="open-tool", owner=platform)
    tool = Entity.objects.create(
        kind="tool", namespace="retail-banking", name="quiet-tool", owner=risk, visibility="restricted"
    )
    tooling.ToolProfile.objects.create(tool=tool)
    tooling.Package.objects.create(ecosystem="pypi", name="quiet", tool=tool)
    capability = walked.a_capability(slug="tracking")
    walked.a_proposal(capability=capability, title="Open", proposer=people.ben)
    walked.a_proposal(capability=capability, title="In a vote", state="voting", proposer=people.ben)
    request = walked.a_request(tool)
    step = walked.a_step(tool, request=request)
    assert step.pk and walked.a_grant(tool, request=request).pk
    now = timezone.now()
    walked.a_condition(tool, request=request, evidence="Done.", evidence_at=now, evidence_by=people.ada)


def rest_writes() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Operation -> method, address and body."""
    request = tooling.ExceptionRequest.objects.get()
    condition, package = tooling.Condition.objects.get(), tooling.Package.objects.get()
    quiet = Entity.objects.get(name="quiet-tool").ref
    at = f"/api/v1/tooling/requests/{request.pk}/"
    proof = f"/api/v1/tooling/conditions/{condition.pk}/"
    verdict = {"step": tooling.ReviewStep.objects.get().pk, "approves": True}
    due = {"text": "Back up.", "owner": "ada", "due": "2090-01-01T00:00:00Z"}
    lines: dict[str, tuple[str, str, dict[str, Any]]] = {
        "capabilities_create": (
            "post",
            "/api/v1/tooling/capabilities/",
            {"slug": "mine", "name": "Mine", "quadrant": "data"},
        ),
        "capabilities_partial_update": (
            "patch",
            "/api/v1/tooling/capabilities/tracking/",
            {"name": "Taken", "version": 1},
        ),
        "standards_create": ("post", "/api/v1/tooling/standards/", {"capability": "tracking", **REVISION}),
        "tools_create": ("post", "/api/v1/tooling/tools/", {"tool": quiet, "support": "Mine."}),
        "packages_create": (
            "post",
            "/api/v1/tooling/packages/",
            {"tool": quiet, "ecosystem": "pypi", "name": "mine"},
        ),
        "packages_destroy": ("delete", f"/api/v1/tooling/packages/{package.pk}/", {}),
        "conditions_prove_create": ("post", f"{proof}prove/", {"evidence": "Mine."}),
        "conditions_confirm_create": ("post", f"{proof}confirm/", {}),
        "conditions_return_create": ("post", f"{proof}return/", {"reason": "Not enough."}),
        "requests_create": ("post", "/api/v1/tooling/requests/", {"team": "risk-ml"}),
        "requests_partial_update": ("patch", at, {"objective": "Taken", "version": request.version}),
        "requests_submit_create": ("post", f"{at}submit/", {}),
        "requests_triage_create": ("post", f"{at}triage/", {}),
        "requests_start_review_create": ("post", f"{at}start-review/", {}),
        "requests_ask_info_create": ("post", f"{at}ask-info/", {"question": "Why?"}),
        "requests_answer_info_create": ("post", f"{at}answer-info/", {"answer": "So."}),
        "requests_verdict_create": ("post", f"{at}verdict/", verdict),
        "requests_recuse_create": ("post", f"{at}recuse/", {"reason": "A friend."}),
        "requests_appeal_create": ("post", f"{at}appeal/", {"reason": "Look again."}),
        "requests_renew_create": ("post", f"{at}renew/", {}),
        "requests_withdraw_create": ("post", f"{at}withdraw/", {}),
        "requests_close_create": ("post", f"{at}close/", {}),
        "requests_revoke_create": ("post", f"{at}revoke/", {"reason": "Mine."}),
        "requests_comment_create": ("post", f"{at}comment/", {"text": "Mine."}),
        "requests_conditions_create": ("post", f"{at}conditions/", due),
    }
    return {f"tooling_{name}": line for name, line in lines.items()} | _proposals() | _decisions()


def _proposals() -> dict[str, tuple[str, str, dict[str, Any]]]:
    opened, voting = (
        f"/api/v1/tooling/proposals/{tooling.Proposal.objects.get(title=title).pk}/"
        for title in ("Open", "In a vote")
    )
    whole = {"capability": "tracking", "title": "Mine", "reason": "Mine.", **REVISION}
    return {
        "tooling_proposals_create": ("post", "/api/v1/tooling/proposals/", whole),
        "tooling_proposals_partial_update": ("patch", opened, {"title": "Taken", "version": 1}),
        "tooling_proposals_comment_create": ("post", f"{opened}comment/", {"text": "Mine."}),
        "tooling_proposals_open_vote_create": ("post", f"{opened}open-vote/", {}),
        "tooling_proposals_vote_create": ("post", f"{voting}vote/", {"approves": True}),
        "tooling_proposals_withdraw_create": ("post", f"{opened}withdraw/", {}),
    }


def _decisions() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Asking counts the answer; for another team nobody may ask."""
    question = {"tool": "tool:coe/open-tool", "environment": "production", "data_class": "internal"}
    pod = {"kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"image": "mlflow:3"}]}}
    asked = {"uid": "1", "namespace": "risk", "operation": "CREATE", "object": pod}
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}
    return {
        "tooling_decide": ("post", "/api/v1/tooling/decide/", {**question, "team": "risk-ml"}),
        "tooling_check": (
            "post",
            "/api/v1/tooling/check/?team=risk-ml&environment=production",
            {"file": "requirements.txt"},
        ),
        "tooling_admission": ("post", "/api/v1/tooling/admission/?cluster=prod-fra", review),
        "tooling_admission_of_cluster": ("post", "/api/v1/tooling/admission/prod-fra/", review),
    }


def mutations() -> dict[str, str]:
    """Field -> its input."""
    request = to_global_id("ExceptionRequest", tooling.ExceptionRequest.objects.get().pk)
    step = to_global_id("ReviewStep", tooling.ReviewStep.objects.get().pk)
    at = f'id: "{request}"'
    return {
        "beginExceptionRequest": 'team: "risk-ml"',
        "saveExceptionRequest": f'{at}, objective: "Taken"',
        "submitExceptionRequest": at,
        "withdrawExceptionRequest": at,
        "renewExceptionRequest": at,
        "appealExceptionRequest": f'{at}, text: "Look again."',
        "answerExceptionQuestion": f'{at}, text: "So."',
        "commentOnExceptionRequest": f'{at}, text: "Mine."',
        "recuseFromExceptionRequest": f'{at}, text: "A friend."',
        "giveVerdict": f'step: "{step}", approves: true',
    }


def page_writes() -> dict[str, tuple[list[Any], dict[str, Any]]]:
    """Route -> its arguments and its form."""
    request = tooling.ExceptionRequest.objects.get()
    condition = tooling.Condition.objects.get()
    opened = tooling.Proposal.objects.get(title="Open").pk
    rule = {"rules-0-tool": "tool:coe/open-tool", "rules-0-versions": "*", "rules-0-ring": "hold"}
    revision = {"rationale": "Mine.", "base_revision": 0, **rule}
    draft = {"objective": "Taken", "versions": "*", "data_class": "1", "version": request.version}
    verdict = {"step": tooling.ReviewStep.objects.get().pk, "verdict": "approve", "comment": "Mine."}
    at = [request.pk]
    routes: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "publish": (["tracking"], revision),
        "profile": (["retail-banking", "quiet-tool"], {"do": "profile", "support": "Mine."}),
        "proposal-edit": ([opened], {"title": "Taken", "reason": "Mine.", "version": 1, **revision}),
        "proposal-act": ([opened], {"do": "open_vote", "version": 1}),
        "request-new": ([], {"team": "risk-ml", "tool": "tool:coe/open-tool", "environments": "production",
                             "data_class": "1"}),
        "request-edit": (at, {**draft, "do": "save"}),
        "request-save": (at, draft),
        "request-act": (at, {"do": "withdraw"}),
        "request-review": (at, verdict),
        "condition": ([condition.pk], {"do": "confirm"}),
    }  # fmt: skip
    return {f"tooling:{name}": line for name, line in routes.items()}
