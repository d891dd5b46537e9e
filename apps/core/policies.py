"""Who may do what: one `Policy` per model, which answers every question with the same `Q`.

A policy has one method per action, marked with `@rule`; it returns the `Q` of the rows on which this user may
do it. Lists (`visible_to`), single checks (`can`, `require`) and annotations (`with_can`) all filter by that
`Q`, so that no surface can disagree with another. Outside this module nobody asks "may they?" in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, TypeVar, cast

from django.db import models
from django.db.models import Case, Q, Value, When

from apps.core.errors import Forbidden, NotFound, Unauthenticated

NOTHING = Q(pk__in=[])
EVERYTHING = Q(pk__isnull=False)


class Actor(Protocol):
    """Whoever acts: a user of the portal, or the portal itself (`SYSTEM`)."""

    @property
    def pk(self) -> Any: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def is_authenticated(self) -> bool: ...


@dataclass(frozen=True)
class System:
    """The portal acting by itself: syncs, schedules, the demo's loader. Never made from a request."""

    name: str = "portal"
    pk: None = None
    is_active: bool = True
    is_authenticated: bool = True


SYSTEM = System()

Rule = Callable[[Any, Any], Q]
R = TypeVar("R", bound=Rule)


def rule(scope: str = "write") -> Callable[[R], R]:
    """Marks a policy's method as an action; `scope` is what an API token needs for it besides."""

    def mark(method: R) -> R:
        method.scope = scope  # type: ignore[attr-defined]
        return method

    return mark


class Policy:
    """The rules of one model. Subclass it, write a `@rule` method per action, assign it to `Model.policy`."""

    rules: ClassVar[dict[str, str]] = {}
    model: type[models.Model]

    def __init_subclass__(cls) -> None:
        own = {name: member.scope for name, member in vars(cls).items() if hasattr(member, "scope")}
        cls.rules = {**cls.rules, **own}

    def __set_name__(self, owner: type[models.Model], name: str) -> None:
        self.model = owner

    def q(self, user: Actor | None, action: str) -> Q:
        """The rows on which `user` may do `action`; unknown actions and people without access get none."""
        scope = self.rules.get(action)
        if scope is None or not _admitted(user, scope):
            return NOTHING
        if isinstance(user, System):
            return EVERYTHING
        answer: Q = getattr(self, action)(user)
        return answer

    def is_possible(self, user: Actor | None, action: str) -> bool:
        """Whether the rules leave any row at all on which `user` may do `action`; no row is asked for."""
        return self.q(user, action) != NOTHING

    def related(self, field: str) -> PolicyQuerySet[Any]:
        """All rows of the model that a foreign key of this policy's model points to."""
        target = self.model._meta.get_field(field).related_model
        return cast("PolicyQuerySet[Any]", cast(Any, target).objects.all())


class Through(Policy):
    """The rights of a row are those of its parent: `Through("entity")`.

    `actions` maps an action here to the action asked of the parent, where that is another one.
    """

    def __init__(self, parent: str, **actions: str) -> None:
        self.parent = parent
        self.actions = actions

    def _parents(self, user: Any, action: str) -> Q:
        parents = self.related(self.parent).allowed(user, self.actions.get(action, action))
        return Q(**{f"{self.parent}__in": parents.order_by().values("pk")})

    @rule("read")
    def view(self, user: Any) -> Q:
        return self._parents(user, "view")

    @rule()
    def change(self, user: Any) -> Q:
        return self._parents(user, "change")


class Hidden(Policy):
    """Rows that nobody asks for directly."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return NOTHING


M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class PolicyQuerySet(models.QuerySet[M_co]):
    """A queryset that can be narrowed to what somebody may do."""

    def visible_to(self, user: Any) -> Self:
        return self.allowed(user, "view")

    def allowed(self, user: Any, action: str) -> Self:
        return self.filter(policy_of(self.model).q(user, action))

    def with_can(self, user: Any, *actions: str) -> Self:
        """Each row gets `can_<action>` booleans, computed by the same rule in the same statement."""
        policy = policy_of(self.model)
        return self.annotate(**{f"can_{name}": Can(policy.q(user, name), name) for name in actions})


class PolicyManager(models.Manager.from_queryset(PolicyQuerySet)):  # type: ignore[misc]
    """The default manager of every model with a policy."""

    use_in_migrations = False


def policy_of(model: type[models.Model]) -> Policy:
    return cast(Policy, cast(Any, model).policy)


def can(user: Any, action: str, obj: models.Model) -> bool:
    return policy_rows(obj).filter(policy_of(obj.__class__).q(user, action)).exists()


def abilities(user: Any, obj: models.Model) -> dict[str, bool]:
    """Every action of the object's policy with whether `user` may do it now; one statement."""
    actions = list(policy_of(obj.__class__).rules)
    row = policy_rows(obj).with_can(user, *actions).values(*(f"can_{name}" for name in actions)).first() or {}
    return {name: bool(row.get(f"can_{name}")) for name in actions}


def require(user: Any, action: str, obj: models.Model) -> None:
    """Raises unless `user` may do `action` on `obj`: NotFound where they may not even see it, else Forbidden."""
    if user is None or not user.is_authenticated:
        raise Unauthenticated("This needs a signed-in person or a token.")
    row = policy_rows(obj).with_can(user, "view", action).values("can_view", f"can_{action}").first()
    if row is None or not row["can_view"]:
        raise NotFound
    if not row[f"can_{action}"]:
        raise _refusal(user, action, obj)


def _refusal(user: Any, action: str, obj: models.Model) -> Forbidden:
    """Why not: a token lacks the action's scope, or the person the right."""
    scopes, scope = getattr(user, "token_scopes", None), policy_of(obj.__class__).rules.get(action)
    if scopes is not None and scope is not None and scope not in scopes:
        return Forbidden(
            f"This token has no scope “{scope}”, which this needs.",
            next_step=f"Use a token with the scope “{scope}”.",
        )
    name = obj._meta.verbose_name
    if "_" in action:
        return Forbidden(f"You see this {name}, and this is not yours to do: {action.replace('_', ' ')}.")
    return Forbidden(f"You see this {name} and may not {action} it.")


def policy_rows(obj: models.Model) -> PolicyQuerySet[Any]:
    """`__class__`, because a request's user is a lazy stand-in whose type is not its model."""
    manager = cast(Any, obj.__class__).objects
    return cast("PolicyQuerySet[Any]", manager.filter(pk=obj.pk))


def visible_relation(
    name: str,
    model: type[models.Model],
    user: Any,
    *joined: str,
    within: Sequence[models.Prefetch[Any]] = (),
    to_attr: str | None = None,
) -> models.Prefetch[Any]:
    """Fills the relation `name` with what `user` sees of it, in one statement: a foreign key to another row is null.
    `joined` are relations whose rows are shown to whoever sees theirs, `within` those that have rights of their own."""
    rows = cast(Any, model).objects.visible_to(user).prefetch_related(*within)
    return models.Prefetch(name, rows.select_related(*joined) if joined else rows, to_attr)


def _admitted(user: Actor | None, scope: str) -> bool:
    """Whether somebody is there at all, active, and (with a token) within the token's scopes."""
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    scopes = getattr(user, "token_scopes", None)
    return scopes is None or scope in scopes


class Can(Case):
    """A rule as a boolean column. The action belongs to its identity: where rows are cut by a window, Django
    keeps only one of two equal columns, and two actions often have the same rule."""

    def __init__(self, condition: Q, action: str) -> None:
        case = When(condition, then=Value(True))
        super().__init__(case, default=Value(False), output_field=models.BooleanField())
