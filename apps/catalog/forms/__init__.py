"""What people type, parsed. Forms decide nothing: rights and rules stand in policies and actions."""

from apps.catalog.forms.decisions import (
    FindingForm,
    GrantForm,
    ImportForm,
    LinkForm,
    OwnerForm,
    RelationForm,
    RevokeForm,
    StageForm,
    VisibilityForm,
)
from apps.catalog.forms.entities import EntityForm, NewEntityForm, marks_of, name_from
from apps.catalog.forms.fields import show_refusal

__all__ = [
    "EntityForm",
    "FindingForm",
    "GrantForm",
    "ImportForm",
    "LinkForm",
    "NewEntityForm",
    "OwnerForm",
    "RelationForm",
    "RevokeForm",
    "StageForm",
    "VisibilityForm",
    "marks_of",
    "name_from",
    "show_refusal",
]
