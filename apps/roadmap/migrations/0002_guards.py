"""History that nobody rewrites."""

from django.db import migrations

from apps.core.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0001_initial")]

    operations = [
        AppendOnly("scoringpolicy"),
        AppendOnly("score", except_columns=("revealed_at",), marked_by="revealed_at"),
        AppendOnly("scoreline"),
        AppendOnly("estimate"),
        AppendOnly("requestcomment"),
        AppendOnly("snapshot"),
        AppendOnly("override"),
    ]
