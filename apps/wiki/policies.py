"""Who reads, writes and vouches for what in the wiki. Spaces are owned (people.md); pages follow their space."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from apps.core.policies import EVERYTHING, NOTHING, Policy, Through, rule
from apps.people.policies import OwnedPolicy
from apps.people.standing import standing_of
from apps.wiki.vocabulary import LinkKind


class SpacePolicy(OwnedPolicy):
    """Whoever may change a space adds and moves pages in it; `administer` is who sees it and who owns it."""

    @rule()
    def change(self, user: Any) -> Q:
        """CoE leads besides the table of rights: they keep the spaces that no team owns, the handbook's for one."""
        answer = super().change(user)
        return answer | Q(owner__isnull=True) if standing_of(user).coe_lead else answer


class PagePolicy(OwnedPolicy):
    """A page's `owner` and `visibility` are derived from its space; a grant on the space holds for the pages that
    are no narrower than it."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return super().view(user) | self._through_space(user, "view", "change")

    @rule()
    def change(self, user: Any) -> Q:
        answer = super().change(user) | self._through_space(user, "change")
        return answer | Q(owner__isnull=True) if standing_of(user).coe_lead else answer

    @rule()
    def comment(self, user: Any) -> Q:
        """Readers may comment."""
        return self.view(user)

    @rule()
    def acknowledge(self, user: Any) -> Q:
        """Saying that one has read it; whom a page asks is its audience."""
        return self.view(user)

    @rule()
    def verify(self, user: Any) -> Q:
        """The page's verifier, a person or a team; without one, or once that one has left, whoever may change it."""
        named = Q(verifier=user.pk) | Q(verifier_team__in=standing_of(user).teams)
        nobody = Q(verifier__isnull=True, verifier_team__isnull=True)
        return self.view(user) & (named | ((nobody | self._verifier_left()) & self.change(user)))

    @rule("read")
    def audit(self, user: Any) -> Q:
        """Who has acknowledged the page and who has not: its editors, and those who see everything."""
        return EVERYTHING if standing_of(user).sees_everything else self.change(user)

    @rule()
    def redact(self, user: Any) -> Q:
        """Taking a secret out of history: CoE leads."""
        return EVERYTHING if standing_of(user).coe_lead else NOTHING

    def _verifier_left(self) -> Q:
        """The verifier was deactivated, or the team that verifies has ended."""
        people = self.related("verifier").filter(is_active=False)
        teams = self.related("verifier_team").filter(ends__lte=timezone.now())
        return Q(verifier__in=people.order_by().values("pk")) | Q(
            verifier_team__in=teams.order_by().values("pk")
        )

    def _through_space(self, user: Any, *actions: str) -> Q:
        space: Any = self.model._meta.get_field("space").related_model
        granted = space.policy._granted(user, standing_of(user), *actions)
        spaces = space.objects.filter(granted).order_by().values("pk")
        return Q(visibility=F("space__visibility"), space__in=spaces)


class ThroughPage(Through):
    """What hangs on a page has the page's rights."""

    def __init__(self, parent: str = "page") -> None:
        super().__init__(parent)


class ThroughRevision(Through):
    def __init__(self) -> None:
        super().__init__("revision")


class RevisionPolicy(ThroughPage):
    """History is as visible as the page."""

    @rule()
    def redact(self, user: Any) -> Q:
        return self._parents(user, "redact")


class LinkPolicy(ThroughPage):
    """A page's readers see its links; that it documents an entity is seen by those who see the entity."""

    def __init__(self) -> None:
        super().__init__("source")

    @rule("read")
    def view(self, user: Any) -> Q:
        entities = self.related("entity").visible_to(user).order_by().values("pk")
        return super().view(user) & (~Q(kind=LinkKind.ABOUT) | Q(entity__in=entities))


class CommentPolicy(ThroughPage):
    """Seen by the page's readers; withdrawn by their author; resolved by the author or the page's editors."""

    @rule()
    def change(self, user: Any) -> Q:
        return Q(author=user.pk) & self.view(user)

    @rule()
    def resolve(self, user: Any) -> Q:
        return (Q(author=user.pk) & self.view(user)) | self._parents(user, "change")


class AcknowledgementPolicy(ThroughPage):
    """One's own, and those of pages that one keeps."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return (Q(user=user.pk) & super().view(user)) | self._parents(user, "audit")


class OwnPolicy(Policy):
    """Rows of one person, seen by nobody else; where they hang on something, only while that is visible."""

    def __init__(self, *parents: str) -> None:
        self.parents = parents

    @rule("read")
    def view(self, user: Any) -> Q:
        answer = Q(user=user.pk)
        for parent in self.parents:
            visible = self.related(parent).visible_to(user).order_by().values("pk")
            answer &= Q(**{f"{parent}__isnull": True}) | Q(**{f"{parent}__in": visible})
        return answer

    @rule()
    def change(self, user: Any) -> Q:
        return Q(user=user.pk)
