"""``python -m counterparts.bank.manage migrate|seed|deliver|outage``."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    # Set, not defaulted: the environment of a demo carries the portal's settings module.
    os.environ["DJANGO_SETTINGS_MODULE"] = "counterparts.bank.settings"
    execute_from_command_line(["python -m counterparts.bank.manage", *sys.argv[1:]])


if __name__ == "__main__":
    main()
