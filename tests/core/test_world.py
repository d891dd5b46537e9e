"""The personas stand where people.md says."""

from apps.people.standing import standing_of
from tests.personas import People


def test_roles_come_from_rows(people: People) -> None:
    roles = {name: standing_of(people[name]).roles for name in people}
    assert roles == {
        "ada": [],
        "ben": [],
        "chloe": [],
        "dmitri": ["platform_engineer"],
        "esther": ["coe_lead", "platform_engineer"],
        "farid": ["sponsor"],
        "grace": ["legal"],
        "hana": ["finance"],
        "ivan": ["security"],
        "jo": ["sponsor"],
        "kim": [],
        "root": [],
        "ci-risk": [],
    }
