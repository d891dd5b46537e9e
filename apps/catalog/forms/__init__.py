"""What people type, parsed. Forms decide nothing: rights and rules stand in policies and actions."""

from apps.catalog.forms.decisions import (
    FindingForm,
    ImportForm,
    LinkForm,
    RelationForm,
    StageForm,
)
from apps.catalog.forms.entities import EntityForm, NewEntityForm, marks_of, name_from

__all__ = [
    "EntityForm",
    "FindingForm",
    "ImportForm",
    "LinkForm",
    "NewEntityForm",
    "RelationForm",
    "StageForm",
    "marks_of",
    "name_from",
]
