"""An override may be taken back before the decision: only that is written into its row, and never undone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.append_only import AppendOnly

TRIGGER = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON roadmap_override "
    "FOR EACH ROW EXECUTE FUNCTION coe_append_only()"
)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("roadmap", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="override",
            name="taken_back_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="override",
            name="taken_back_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken_back_at__isnull", True), ("taken_back_by__isnull", True))
                | models.Q(("taken_back_at__isnull", False), ("taken_back_by__isnull", False)),
                name="override_taken_back_by_somebody",
            ),
        ),
        migrations.RunSQL("DROP TRIGGER append_only ON roadmap_override", TRIGGER),
        AppendOnly(
            "override", except_columns=("taken_back_at", "taken_back_by_id"), marked_by="taken_back_at"
        ),
    ]
