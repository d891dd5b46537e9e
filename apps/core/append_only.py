"""History that the database itself refuses to rewrite."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

GUARD = """
CREATE OR REPLACE FUNCTION coe_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


class AppendOnly(Operation):
    """Guards a model's table against UPDATE and DELETE by a row trigger.

    `except_columns` may still be updated (redaction and pseudonymisation), where `marked_by` is given only together
    with that column, so that no change goes without its mark. TRUNCATE stays possible: tests flush. The error reaches
    Django as `IntegrityError`.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model: str, except_columns: tuple[str, ...] = (), marked_by: str = "") -> None:
        self.model = model
        self.except_columns = except_columns
        self.marked_by = marked_by

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = schema_editor.quote_name(to_state.apps.get_model(app_label, self.model)._meta.db_table)
        columns = ", ".join(schema_editor.quote_value(column) for column in self.except_columns)
        schema_editor.execute(GUARD, params=None)
        schema_editor.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION coe_append_only({columns})",
            params=None,
        )
        if self.marked_by:
            mark = schema_editor.quote_name(self.marked_by)
            schema_editor.execute(
                f"CREATE TRIGGER append_only_marked BEFORE UPDATE ON {table} FOR EACH ROW "
                f"WHEN (NEW.{mark} IS NULL) EXECUTE FUNCTION coe_append_only()",
                params=None,
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = schema_editor.quote_name(from_state.apps.get_model(app_label, self.model)._meta.db_table)
        schema_editor.execute(f"DROP TRIGGER append_only ON {table}")
        schema_editor.execute(f"DROP TRIGGER IF EXISTS append_only_marked ON {table}")

    def describe(self) -> str:
        return f"Guard {self.model} against update and delete"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model.lower()}_append_only"
