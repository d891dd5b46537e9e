"""What the database itself holds: history that nobody rewrites, and a stamp that changes with what decisions read."""

from django.db import migrations

from apps.core.append_only import AppendOnly

STAMP = """
CREATE FUNCTION tooling_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tooling_bookstamp (id, stamp) VALUES (1, gen_random_uuid())
  ON CONFLICT (id) DO UPDATE SET stamp = EXCLUDED.stamp;
  RETURN NULL;
END $$;
"""
READ_BY_DECISIONS = (
    "tooling_standard",
    "tooling_standardrule",
    "tooling_grant",
    "tooling_condition",
    "tooling_exceptionrequest_bans",
    "tooling_environment",
)
NAMES = {"people_team": ("slug",), "catalog_entity": ("kind", "namespace", "name")}


def _changed(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)


TRIGGERS = [
    migrations.RunSQL(
        f"CREATE TRIGGER tooling_stamp AFTER INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION tooling_stamp()",
        f"DROP TRIGGER tooling_stamp ON {table}",
    )
    for table in READ_BY_DECISIONS
] + [
    migrations.RunSQL(
        f"CREATE TRIGGER tooling_stamp AFTER UPDATE ON {table} FOR EACH ROW WHEN ({_changed(columns)}) "
        "EXECUTE FUNCTION tooling_stamp()",
        f"DROP TRIGGER tooling_stamp ON {table}",
    )
    for table, columns in NAMES.items()
]


class Migration(migrations.Migration):
    dependencies = [("tooling", "0001_initial")]

    operations = [
        AppendOnly("standard"),
        AppendOnly("standardrule"),
        AppendOnly("verdict"),
        AppendOnly("recusal"),
        AppendOnly("requestcomment"),
        AppendOnly("proposalvote"),
        AppendOnly("proposalcomment"),
        AppendOnly(
            "grant", except_columns=("revoked_at", "revoked_by_id", "revoked_because"), marked_by="revoked_at"
        ),
        migrations.RunSQL(STAMP, "DROP FUNCTION tooling_stamp()"),
        *TRIGGERS,
    ]
