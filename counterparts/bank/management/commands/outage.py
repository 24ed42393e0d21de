from counterparts.shell.outage import OutageCommand


class Command(OutageCommand):
    pass
