"""The organisation: who belongs where, who speaks for whom, and what a machine signs in with."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, Group, PermissionsMixin, UserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from apps.core.policies import PolicyManager, PolicyQuerySet
from apps.people.policies import (
    ApiTokenPolicy,
    MembershipPolicy,
    OrganisationPolicy,
    ServiceAccountPolicy,
    TeamPolicy,
    UserPolicy,
)
from apps.people.standing import standing_of

SLUG = RegexValidator(
    r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z", "Use a-z, 0-9 and inner hyphens, at most 63 characters."
)
USERNAME = RegexValidator(
    r"^[a-z0-9]([-a-z0-9_.]{0,61}[a-z0-9])?\Z", "Use a-z, 0-9, and inner - _ . up to 63 characters."
)


class Visibility(models.TextChoices):
    """Who sees an owned thing, besides those who own or operate it."""

    COMPANY = "company", "Company"
    UNIT = "unit", "Business unit"
    RESTRICTED = "restricted", "Restricted"


class PeopleManager(UserManager.from_queryset(PolicyQuerySet), PolicyManager):  # type: ignore[misc]
    """Users by policy, with Django's `create_superuser` for a first administrator."""


class User(AbstractBaseUser, PermissionsMixin):
    """A person or a service. Never deleted: deactivated, and pseudonymised where the law asks for it."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        SERVICE = "service", "Service account"

    username = models.CharField(max_length=63, unique=True, validators=[USERNAME])
    name = models.CharField("full name", max_length=150)
    email = models.EmailField(blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PERSON)
    time_zone = models.CharField(max_length=63, default="UTC")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may open the admin", default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    policy = UserPolicy()
    objects = PeopleManager()

    class Meta:
        ordering = ["username"]
        constraints = [models.UniqueConstraint(Lower("username"), name="user_username_any_case")]

    def __str__(self) -> str:
        return self.name or self.username

    def get_absolute_url(self) -> str:
        return reverse("people:person", args=[self.username])

    def get_full_name(self) -> str:
        return self.name

    @property
    def sees_deleted(self) -> bool:
        """Events of objects that no longer exist: CoE leads only."""
        return standing_of(self).coe_lead


class BusinessUnit(models.Model):
    """A part of the company that has needs and money of its own; units form a tree."""

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=150)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    sponsor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="sponsored_units"
    )
    function = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=63, default="UTC")
    holiday_calendar = models.CharField(
        max_length=16, blank=True, help_text="Country and subdivision, as in DE-HE."
    )

    policy = OrganisationPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_not_its_own_parent")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("people:unit", args=[self.slug])


class Team(models.Model):
    """A central or embedded team; its group is what object grants are given to."""

    class Kind(models.TextChoices):
        CENTRAL = "central", "Central"
        EMBEDDED = "embedded", "Embedded"

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    business_unit = models.ForeignKey(
        BusinessUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="teams"
    )
    lead = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    coe_office = models.BooleanField(default=False, help_text="Its members are CoE leads.")
    starts = models.DateTimeField(default=timezone.now)
    ends = models.DateTimeField(
        null=True, blank=True, help_text="What it owns needs a new owner before this."
    )
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="team", editable=False)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    policy = TeamPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="central") | Q(business_unit__isnull=False), name="team_embedded_has_unit"
            ),
            models.CheckConstraint(
                condition=Q(coe_office=False) | Q(kind="central"), name="team_coe_office_is_central"
            ),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")), name="team_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("people:team", args=[self.slug])

    @property
    def namespace(self) -> str:
        """The namespace of what this team creates: its unit's slug, or `coe` for the center."""
        return self.business_unit.slug if self.business_unit else "coe"


class Period(models.Model):
    """Something that holds during `[starts, ends)`."""

    starts = models.DateTimeField(default=timezone.now)
    ends = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Membership(Period):
    """Somebody works in a team. `from_claim` marks rows that the identity provider's groups gave."""

    class Role(models.TextChoices):
        MEMBER = "member", "Member"
        LEAD = "lead", "Lead"

    class Craft(models.TextChoices):
        DATA_SCIENTIST = "data-scientist", "Data scientist"
        DATA_ENGINEER = "data-engineer", "Data engineer"
        ML_ENGINEER = "ml-engineer", "ML engineer"
        PLATFORM_ENGINEER = "platform-engineer", "Platform engineer"
        BUSINESS_ANALYST = "business-analyst", "Business analyst"
        PROJECT_MANAGER = "project-manager", "Project manager"
        PRODUCT_OWNER = "product-owner", "Product owner"
        STEWARD = "steward", "Steward"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role, default=Role.MEMBER)
    craft = models.CharField(max_length=20, choices=Craft, blank=True)
    from_claim = models.BooleanField(default=False, editable=False)

    policy = MembershipPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["team__name", "user__username"]
        constraints = [
            models.UniqueConstraint("user", "team", condition=Q(ends__isnull=True), name="membership_once"),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")), name="membership_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Liaison(Period):
    """Somebody of the center who serves a business unit for a while."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="liaisons")
    business_unit = models.ForeignKey(BusinessUnit, on_delete=models.PROTECT, related_name="liaisons")

    policy = OrganisationPolicy()
    objects = PolicyManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "user", "business_unit", condition=Q(ends__isnull=True), name="liaison_once"
            ),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")), name="liaison_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.business_unit}"


class Committee(models.Model):
    """A body that decides; how many must be there is its own rule."""

    class Purpose(models.TextChoices):
        STEERING = "steering", "Steering"
        ETHICS = "ethics", "Ethics"
        STANDARDS = "standards", "Standards"

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=150)
    purpose = models.CharField(max_length=10, choices=Purpose)
    chair = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    quorum = models.PositiveSmallIntegerField(default=3)

    policy = OrganisationPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CommitteeSeat(Period):
    """Somebody speaks for something in a committee."""

    class Seat(models.TextChoices):
        CENTRAL = "central", "Central"
        BUSINESS = "business", "Business"
        LEGAL = "legal", "Legal"
        COMPLIANCE = "compliance", "Compliance"
        DATA_SCIENCE = "data-science", "Data science"
        FINANCE = "finance", "Finance"
        SECURITY = "security", "Security"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="seats")
    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="seats")
    seat = models.CharField(max_length=12, choices=Seat)

    policy = OrganisationPolicy()
    objects = PolicyManager()

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "committee", condition=Q(ends__isnull=True), name="seat_once"),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")), name="seat_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_seat_display()}"


class ServiceAccount(models.Model):
    """A user that cannot sign in and works for one team."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="service_account")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="service_accounts")
    description = models.CharField(max_length=300, blank=True)

    policy = ServiceAccountPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["user__username"]

    def __str__(self) -> str:
        return self.user.username


class Scope(models.TextChoices):
    """What a token may be used for; the effective right is the policy AND the scope."""

    READ = "read", "Read"
    WRITE = "write", "Write"
    EVIDENCE = "evidence", "Submit evidence"
    TOOLING_DECIDE = "tooling:decide", "Ask for tooling decisions"
    LINEAGE = "lineage", "Send lineage"
    USAGE = "usage", "Send usage"
    ADMISSION = "admission", "Speak for a cluster's admission"


class ApiToken(models.Model):
    """A secret for scripts, kept as its hash only."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(
        max_length=12, editable=False, help_text="The first characters, to recognise it."
    )
    sha256 = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    policy = ApiTokenPolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and self.expires > timezone.now()


class Owned(models.Model):
    """Something that a team owns and shows to some. Concrete models assign `policy = OwnedPolicy()` and have two
    grant tables, related as `user_grants` and `group_grants`."""

    owner = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.COMPANY)

    class Meta:
        abstract = True
