"""One's own profile, API tokens, and the service accounts that one keeps."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.errors import Forbidden, NotFound
from apps.core.form_fields import posted
from apps.core.policies import require
from apps.people import actions, queries
from apps.people.forms import AccountForm, ProfileForm, TokenForm
from apps.people.models import ApiToken, ServiceAccount, User
from apps.people.queries.organisation import person_by_username, tokens_of
from apps.people.views.organisation import roles, team_by_slug

EXAMPLE = "/api/v1/me/"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Who one is to the portal; what a script may do in one's name."""
    me = person_by_username(request.user, request.user.get_username())
    initial = {name: getattr(me, name) for name in ("name", "email", "time_zone")}
    form = ProfileForm(posted(request), initial=initial)
    if form.is_valid() and form.carry_out(
        actions.update_profile, actor=request.user, user=me, changes=form.cleaned_data
    ):
        messages.success(request, "Your profile is saved.")
        return redirect("people:profile")
    context = {
        "form": form,
        "me": me,
        "tokens": tokens_of(request.user, me),
        "my_teams": queries.own_teams(request.user),
    }
    return render(request, "people/profile.html", context | roles(me))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def token_new(request: HttpRequest, username: str) -> HttpResponse:
    """The answer to the form holds the secret; it is kept nowhere and no other page shows it."""
    owner = person_by_username(request.user, username)
    _require_keeper(request.user, owner)
    form = TokenForm(posted(request))
    if form.is_valid():
        made = form.carry_out(
            actions.create_token,
            actor=request.user,
            user=owner,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            lifetime=form.lifetime,
        )
        if made:
            context = {"token": made[0], "secret": made[1], "example": request.build_absolute_uri(EXAMPLE)}
            return render(request, "people/token_created.html", context | {"owner": owner})
    return render(request, "people/token_form.html", {"form": form, "owner": owner})


@login_required
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = ApiToken.objects.visible_to(request.user).filter(pk=pk).select_related("user").first()
    if token is None:
        raise NotFound("There is no such token.")
    actions.revoke_token(actor=request.user, token=token)
    messages.success(request, f"The token {token.name} is revoked. Whatever uses it is refused from now on.")
    return redirect("people:profile") if token.user_id == request.user.pk else redirect(token.user)


@login_required
@require_http_methods(["GET", "POST"])
def account_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A service account for a team that one leads."""
    team = team_by_slug(request, slug)
    require(request.user, "change_members", team)
    form = AccountForm(posted(request))
    if form.is_valid():
        account = form.carry_out(
            actions.create_service_account, actor=request.user, team=team, **form.cleaned_data
        )
        if account:
            messages.success(request, f"{account} works for {team}. It needs a token to sign in with.")
            return redirect(account.user)
    return render(request, "people/account_form.html", {"form": form, "team": team})


def _require_keeper(user: object, owner: User) -> None:
    """Tells on opening the form what the action would refuse at its end."""
    if getattr(user, "pk", None) == owner.pk:
        return
    account = ServiceAccount.objects.visible_to(user).filter(user=owner).first()
    if account is None:
        raise Forbidden("A token for another person cannot be made; they create it themselves.")
    require(user, "change", account)
