"""Who one can sign in as in the demo, and what each of them is good for to see."""

from __future__ import annotations

SERVICE_ACCOUNT = "ci-risk"  # gets a token too, and cannot sign in
PERSONAS = {
    "ada": "leads the embedded team risk-ml (Retail Banking)",
    "ben": "data scientist in risk-ml",
    "chloe": "machine-learning engineer in the embedded team claims-ai (Insurance)",
    "dmitri": "platform engineer in the central team ml-platform",
    "esther": "leads the team coe-office",
    "farid": "sponsor of Retail Banking, chairs the steering committee",
    "jo": "sponsor of Insurance",
    "grace": "legal, on the ethics committee",
    "hana": "finance, on the steering committee",
    "ivan": "security, on the standards committee",
    "kim": "has no team",
    "root": "superuser",
}
