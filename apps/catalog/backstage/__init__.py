"""The catalog as Backstage reads it without code there: one YAML of everything that the whole company may
see.

Backstage polls it as a static `url` location. Two facts of its own side matter: the location must allow the
kinds Component, API, Resource, System, Domain, Group and User, because one kind that is not allowed makes it
refuse the whole file; and an entity that breaks a rule disappears there without a log line, so `rules` checks
each one here.

The mapping of one entity is `apps.catalog.exchange.to_backstage`; what is added here is the organisation,
names without collisions, references that resolve inside the file, and an ETag that costs one statement.
"""

from apps.catalog.backstage.file import PublicFile, public_file

__all__ = ["PublicFile", "public_file"]
