"""The admin's ground: classes that ask policies and call actions, and the audit log.

An admin class says which fields a page has and which action saves them. Who sees and does what is answered by
the model's policy (decision 0005), writes go through actions, and nothing is deleted.
"""

from apps.core.admin.events import EventAdmin
from apps.core.admin.forms import PolicyForm
from apps.core.admin.inlines import PolicyInline
from apps.core.admin.operations import Operation, OperationForm
from apps.core.admin.policy import PolicyAdmin

__all__ = ["EventAdmin", "Operation", "OperationForm", "PolicyAdmin", "PolicyForm", "PolicyInline"]
