"""Who estimates reads how past estimates of the role came out; what one may not see does not count."""

from __future__ import annotations

from datetime import date

from apps.roadmap.actions import delivery
from apps.roadmap.models import Request
from apps.roadmap.queries.estimating import track_records
from tests.roadmap import making
from tests.roadmap.delivering import begun, delivered


def built(people, number: int, weeks: str) -> Request:
    request = begun(people, f"Alerts {number}")
    month = date(2026, 1, 1)
    delivery.record_actual(actor=people.dmitri, request=request, role="ml-engineer", month=month, weeks=weeks)
    return delivery.deliver(actor=people.dmitri, request=request)


def test_bias_and_coverage_stand_beside_the_estimate(people, signed_in, bearer):
    making.policy(people)
    rows = [
        built(people, number, weeks) for number, weeks in enumerate(("4", "4", "4", "6", "7"))
    ]  # of 4 each
    page = f"/roadmap/requests/{rows[0].pk}/estimate/"
    (record,) = track_records(people.dmitri)
    assert (record.number, record.took, record.within) == (5, 125, 60)
    text = signed_in("dmitri").get(page).content.decode()
    assert "125%" in text and "60%" in text and "Took more than P50 said; P90 was too tight." in text
    (row,) = bearer("dmitri").get("/api/v1/roadmap/estimates/").json()["results"]
    assert (row["role"], row["took"], row["within"]) == ("ML engineer", 125, 60)
    Request.objects.filter(pk=rows[4].pk).update(visibility="restricted")
    (record,) = track_records(people.kim)
    assert (record.number, record.took, record.within) == (4, None, None)
    assert "Too few to judge" in signed_in("kim").get(page).content.decode()


def test_nothing_delivered_is_said(people, signed_in):
    making.policy(people)
    request = delivered(people)
    text = signed_in("dmitri").get(f"/roadmap/requests/{request.pk}/estimate/").content.decode()
    assert "Nothing with recorded effort is delivered yet." in text
