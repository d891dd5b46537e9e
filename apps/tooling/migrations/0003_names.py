"""The stamp changes with the names of tools too, so that processes may keep them beside the book."""

from django.db import migrations

PACKAGES = """
CREATE TRIGGER tooling_stamp AFTER INSERT OR UPDATE OR DELETE ON tooling_package
FOR EACH STATEMENT EXECUTE FUNCTION tooling_stamp()
"""
VISIBILITY = """
CREATE TRIGGER tooling_stamp_visibility AFTER UPDATE ON catalog_entity FOR EACH ROW
WHEN (NEW.kind = 'tool' AND OLD.visibility IS DISTINCT FROM NEW.visibility) EXECUTE FUNCTION tooling_stamp()
"""


class Migration(migrations.Migration):
    dependencies = [("tooling", "0002_guards")]

    operations = [
        migrations.RunSQL(PACKAGES, "DROP TRIGGER tooling_stamp ON tooling_package"),
        migrations.RunSQL(VISIBILITY, "DROP TRIGGER tooling_stamp_visibility ON catalog_entity"),
    ]
