"""What can be done to the wiki through GraphQL: say something, settle it. Pages are written over REST."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import Act, Write, Written, by_id
from apps.wiki.actions import comments
from apps.wiki.graphql.nodes import WikiCommentNode
from apps.wiki.models import Comment
from apps.wiki.queries.pages import page_by_uid


class WikiCommentPayload(graphene.ObjectType):
    comment = Written(WikiCommentNode)


class AddCommentInput(graphene.InputObjectType):
    page = graphene.String(required=True, description="The page's uid.")
    text = graphene.String(required=True, description="Markdown; @name tells somebody who sees the page.")
    answers = graphene.ID(description="The comment of this page that it answers.")


class ResolveCommentInput(graphene.InputObjectType):
    id = graphene.ID(required=True, description="The first comment of a thread.")


class AddComment(Write):
    """Says something below a page."""

    class Meta:
        takes, answers = AddCommentInput, WikiCommentPayload

    @staticmethod
    def write(user: Any, given: Any) -> Comment:
        page = page_by_uid(user, given["page"])
        wanted = given.get("answers")
        answered = None if wanted is None else by_id(user, Comment, WikiCommentNode, wanted)
        return comments.add_comment(actor=user, page=page, text=given["text"], answers=answered)


class ResolveComment(Act):
    """Marks a thread as settled."""

    node, row, answers = WikiCommentNode, "comment", WikiCommentPayload

    class Meta:
        takes, does = ResolveCommentInput, comments.resolve_comment


class WikiMutation(graphene.ObjectType):
    """What can be done to the wiki."""

    add_comment = AddComment.Field()
    resolve_comment = ResolveComment.Field()
