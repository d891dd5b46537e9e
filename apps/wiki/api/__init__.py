"""The wiki over REST: spaces, pages and what hangs on them. Routes stand in `portal/rest.py`."""

from apps.wiki.api.pages import PageViewSet
from apps.wiki.api.parts import (
    OF_PAGE,
    OF_SPACE,
    AttachmentViewSet,
    BacklinkViewSet,
    BrokenLinkViewSet,
    CommentViewSet,
    PageCommentViewSet,
    ReaderViewSet,
    RevisionViewSet,
)
from apps.wiki.api.spaces import SpaceViewSet

__all__ = [
    "OF_PAGE",
    "OF_SPACE",
    "AttachmentViewSet",
    "BacklinkViewSet",
    "BrokenLinkViewSet",
    "CommentViewSet",
    "PageCommentViewSet",
    "PageViewSet",
    "ReaderViewSet",
    "RevisionViewSet",
    "SpaceViewSet",
]
