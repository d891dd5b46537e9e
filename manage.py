#!/usr/bin/env python3
"""Django's command line for the portal."""

import os
import sys


def _reads_files_only(words: list[str]) -> bool:
    """Such commands need no key and no database. `plan` takes the name of a cycle too: that has no dot and no slash."""
    if words[:1] == ["plan"]:
        return any(word == "-" or "." in word or "/" in word for word in words[1:2])
    return words[:1] in (["verify"], ["recompute_election"])


def main() -> None:
    alone = _reads_files_only(sys.argv[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"portal.settings{'_typing' if alone else ''}")
    if sys.argv[1:2] == ["demo"]:  # makes the environment that the settings demand, so it starts without them
        from portal.management.commands.demo import Command

        Command().run_from_argv(sys.argv)
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
