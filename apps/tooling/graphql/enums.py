"""The words of tooling as GraphQL enums, with names that stay when models are renamed."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import enum_of
from apps.tooling.models import ObservedUse
from apps.tooling.vocabulary import DataClass, Ring
from apps.tooling.workflow import Level, ProposalState, Quadrant, State, StepRole

ExceptionState = enum_of(State, "ExceptionState")
ExceptionTier = enum_of(Level, "ExceptionTier")
ReviewRole = enum_of(StepRole, "ReviewRole")
ToolQuadrant = enum_of(Quadrant, "ToolQuadrant")
StandardProposalState = enum_of(ProposalState, "StandardProposalState")
ToolUseOrigin = enum_of(ObservedUse.Origin, "ToolUseOrigin")


def _ring(value: Any) -> str:
    return "What a standard says of a tool in a context." if value is None else str(value.value).capitalize()


def _data_class(value: Any) -> str:
    return "How sensitive data are, from the least." if value is None else value.name.capitalize()


ToolRing = graphene.Enum.from_enum(Ring, name="ToolRing", description=_ring)
ToolDataClass = graphene.Enum.from_enum(DataClass, name="ToolDataClass", description=_data_class)
