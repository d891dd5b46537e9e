#!/usr/bin/env python3
"""Django's command line for the portal."""

import os
import sys


def main() -> None:
    alone = sys.argv[1:2] in (["verify"], ["recompute_election"])  # read files only: no key and no database
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"portal.settings{'_typing' if alone else ''}")
    if sys.argv[1:2] == ["demo"]:  # makes the environment that the settings demand, so it starts without them
        from portal.management.commands.demo import Command

        Command().run_from_argv(sys.argv)
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
