"""The wiki's tables."""

from apps.wiki.models.attachments import Attachment, Blob
from apps.wiki.models.pages import Page, PageGroupGrant, PageUserGrant, Redirect
from apps.wiki.models.revisions import Draft, Link, Rendering, Revision
from apps.wiki.models.spaces import Space, SpaceGroupGrant, SpaceUserGrant
from apps.wiki.models.talk import Comment, Mention, Watch
from apps.wiki.models.transfers import FruitlessSearch, Transfer
from apps.wiki.models.truth import Acknowledgement, Reminder, Verification

__all__ = [
    "Acknowledgement",
    "Attachment",
    "Blob",
    "Comment",
    "Draft",
    "FruitlessSearch",
    "Link",
    "Mention",
    "Page",
    "PageGroupGrant",
    "PageUserGrant",
    "Redirect",
    "Reminder",
    "Rendering",
    "Revision",
    "Space",
    "SpaceGroupGrant",
    "SpaceUserGrant",
    "Transfer",
    "Verification",
    "Watch",
]
