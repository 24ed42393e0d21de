"""The ready seats of the demo world, in the order in which they are offered."""

from accounts.services import SeatDraft

SEAT_NOTES = (
    SeatDraft("gckey", "amara.osei", "Amara Osei", "Importer, Northlight", "Importatrice, Northlight"),
    SeatDraft(
        "gckey", "luc.desrosiers", "Luc Desrosiers", "Importer, overdue account", "Importateur, compte en retard"
    ),
    SeatDraft("gckey", "wen.zhao", "Wen Zhao", "Broker, Harbourline", "Courtier, Harbourline"),
    SeatDraft("gckey", "ines.caron", "Ines Caron", "Broker, Passerelle", "Courtière, Passerelle"),
    SeatDraft("gckey", "peter.vance", "Peter Vance", "Surety, Keystone North", "Caution, Keystone North"),
    SeatDraft("partner", "nadia.bergeron", "Nadia Bergeron", "Importer, Vélo Boréal", "Importatrice, Vélo Boréal"),
    SeatDraft("gckey", "newcomer", "Sam Rivers", "Newcomer, no business yet", "Nouveau venu, sans entreprise"),
    SeatDraft("staff", "daniel.okafor", "Daniel Okafor", "Officer", "Agent"),
    SeatDraft("staff", "ruth.macleod", "Ruth MacLeod", "Trainer", "Formatrice"),
)
