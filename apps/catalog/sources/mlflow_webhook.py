"""Whether a webhook delivery truly comes from our MLflow, and which model it hints at. No state, no clock.

MLflow (since 3.3) signs as `mlflow/webhooks/delivery.py` shows: HMAC-SHA256 over
`delivery_id.timestamp.body`, sent base64-encoded as `v1,...`. It leaves a delivery unsigned when no secret
was set; such are refused. The caller remembers delivery ids (a repeated one is a no-op), answers at once and
re-reads the model later: the payload is a hint and none of its facts is believed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from apps.catalog.sources.mlflow.values import NAME, is_clean_name

ID_HEADER = "X-MLflow-Delivery-Id"
TIME_HEADER = "X-MLflow-Timestamp"
SIGNATURE_HEADER = "X-MLflow-Signature"
SIGNATURE_VERSION = "v1"
TOLERANCE = timedelta(minutes=10)
MOST_BYTES = 1024 * 1024

DELIVERY_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)
WORD = re.compile(r"[a-z_]{1,40}", re.ASCII)


class DeliveryError(Exception):
    """The delivery is refused; `reason` is safe to send back. `status`: 401, for a bad body 400 or 413."""

    def __init__(self, reason: str, status: int = 401) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Delivery:
    """A true delivery. `model` is the name of the model or prompt to read again; empty for other events."""

    delivery_id: str
    event: str
    sent_at: datetime
    model: str
    is_prompt: bool = False


def verified(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Delivery:
    """The delivery, if its signature is right and its time within 10 minutes of `now`; else DeliveryError."""
    if not secret:
        raise DeliveryError("No webhook secret is configured for this source.")
    if len(body) > MOST_BYTES:
        raise DeliveryError(f"The delivery is larger than {MOST_BYTES} bytes.", 413)
    lowered = {name.lower(): value for name, value in headers.items()}
    delivery_id = header(lowered, ID_HEADER, DELIVERY_ID)
    timestamp = header(lowered, TIME_HEADER, TIMESTAMP)
    given = signature_bytes(lowered.get(SIGNATURE_HEADER.lower(), ""))
    if not hmac.compare_digest(expected(secret, delivery_id, timestamp, body), given):
        raise DeliveryError("The signature is wrong. Check that both sides hold the same secret.")
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(now - sent_at) > TOLERANCE:
        raise DeliveryError("The delivery is older than 10 minutes or from the future. Check both clocks.")
    return parsed(delivery_id, sent_at, body)


def header(lowered: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = lowered.get(name.lower(), "")
    if not value:
        raise DeliveryError(f"The header {name} is missing.")
    if not form.fullmatch(value):
        raise DeliveryError(f"The header {name} is malformed.")
    return value


def signature_bytes(value: str) -> bytes:
    """The raw signature; the name of its version and its encoding must be right to the letter."""
    if not value:
        raise DeliveryError(
            f"The header {SIGNATURE_HEADER} is missing; set a secret on the webhook in MLflow."
        )
    version, _, encoded = value.partition(",")
    try:
        given = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        given = b""
    if version != SIGNATURE_VERSION or len(given) != hashlib.sha256().digest_size:
        raise DeliveryError(f"The header {SIGNATURE_HEADER} is malformed; only {SIGNATURE_VERSION} is known.")
    return given


def expected(secret: str, delivery_id: str, timestamp: str, body: bytes) -> bytes:
    signed = f"{delivery_id}.{timestamp}.".encode("ascii") + body
    return hmac.new(secret.encode(errors="surrogateescape"), signed, hashlib.sha256).digest()


def parsed(delivery_id: str, sent_at: datetime, body: bytes) -> Delivery:
    """What the signed body speaks of; events about nothing in the catalog (budgets) name no model."""
    entity, action, data = parts(body)
    concerns_model = entity.startswith(("registered_model", "model_version"))
    is_prompt = entity.startswith("prompt")
    name = data.get("name")
    if not (concerns_model or is_prompt):
        name = ""
    elif not isinstance(name, str) or not is_clean_name(name) or len(name) > NAME:
        raise DeliveryError("The delivery names no model.", 400)
    return Delivery(delivery_id, f"{entity}.{action}", sent_at, name, is_prompt)


def parts(body: bytes) -> tuple[str, str, dict[str, object]]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise DeliveryError("The delivery is not JSON.", 400) from None
    if not isinstance(content, dict):
        raise DeliveryError("The delivery is not a JSON object.", 400)
    entity, action, data = content.get("entity"), content.get("action"), content.get("data")
    words = (
        isinstance(entity, str)
        and isinstance(action, str)
        and WORD.fullmatch(entity)
        and WORD.fullmatch(action)
    )
    if not words or not isinstance(data, dict):
        raise DeliveryError("The delivery lacks entity, action or data.", 400)
    return str(entity), str(action), data
