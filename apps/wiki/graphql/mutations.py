"""What can be done to the wiki through GraphQL: say something, settle it. Pages are written over REST."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import Write, by_id
from apps.wiki.actions import comments
from apps.wiki.graphql.nodes import WikiCommentNode
from apps.wiki.models import Comment
from apps.wiki.queries.pages import page_by_uid


class WikiCommentPayload(graphene.ObjectType):
    comment = graphene.Field(WikiCommentNode)

    @staticmethod
    def resolve_comment(root: Comment, info: Any) -> Any:
        return WikiCommentNode.get_node(info, root.pk)


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


class ResolveComment(Write):
    """Marks a thread as settled."""

    class Meta:
        takes, answers = ResolveCommentInput, WikiCommentPayload

    @staticmethod
    def write(user: Any, given: Any) -> Comment:
        comment = by_id(user, Comment, WikiCommentNode, given["id"])
        return comments.resolve_comment(actor=user, comment=comment)


class WikiMutation(graphene.ObjectType):
    """What can be done to the wiki."""

    add_comment = AddComment.Field()
    resolve_comment = ResolveComment.Field()
