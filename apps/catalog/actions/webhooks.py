"""Deliveries of MLflow's webhooks: only a hint to read one model again."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from apps.catalog.models import Source, WebhookDelivery
from apps.catalog.source_config import secret
from apps.catalog.sources.mlflow_webhook import DeliveryError, verified
from apps.core import jobs
from apps.core.errors import Invalid, NotFound, PortalError, TooLarge, Unauthenticated


def take_delivery(name: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Verifies a delivery to the source `name` and queues the re-reading; False where it was taken before.

    Raises NotFound for an unknown source, Unauthenticated for a bad signature, time or missing header, Invalid or
    TooLarge for a bad body. Nothing that the body says is believed but the model's name.
    """
    source = Source.objects.filter(name=name, kind=Source.Kind.MLFLOW, enabled=True).first()
    if source is None or not source.webhook_secret_ref:
        raise NotFound("No source takes webhooks here.")
    try:
        delivery = verified(secret(source.webhook_secret_ref), headers, body, now=timezone.now())
    except DeliveryError as refusal:
        raise _translated(refusal) from refusal
    with transaction.atomic():
        _, fresh = WebhookDelivery.objects.get_or_create(
            source=source, delivery_id=delivery.delivery_id, defaults={"event": delivery.event[:100]}
        )
        if fresh and delivery.model:
            lock = f"refresh:{source.pk}:{delivery.model}"[:200]
            jobs.defer(
                "catalog.refresh_model",
                queueing_lock=lock,
                lock=f"source:{source.pk}",
                source=source.pk,
                name=delivery.model,
            )
    return fresh


def _translated(refusal: DeliveryError) -> PortalError:
    kinds: dict[int, type[PortalError]] = {400: Invalid, 413: TooLarge}
    return kinds.get(refusal.status, Unauthenticated)(refusal.reason)
