"""What is said with a refusal and of a mistake in a request: what to do next."""

from typing import Any

from django.utils.translation import gettext_lazy

from releases.rules import Fault, ImporterRefusal, Refusal

#: What to do after each refusal, said with it.
WAY_OUT: dict[str, Any] = {
    Refusal.NOT_REGISTERED: gettext_lazy(
        "This importer is not registered in the portal, and since 21 October 2024 nothing is released without it, "
        "C-type included. Ask the importer to register the business, then ask for release again."
    ),
    Refusal.ACCOUNT_CLOSED: gettext_lazy(
        "This program account is closed. Use the importer's open program account, or ask the importer to open one."
    ),
    Refusal.EXPORTER_ONLY: gettext_lazy(
        "This program account is for export only. The importer has to enrol it as an importer before any release."
    ),
    Refusal.NO_DELEGATION: gettext_lazy(
        "The importer has not given you access to this program account. Request access; once it is approved, ask again."
    ),
    Refusal.NO_RPP: gettext_lazy(
        "The importer has no Release Prior to Payment at this moment. Either the importer enrols and posts security, "
        "or the goods are released as C-type: the declaration is paid at the port before release."
    ),
    Refusal.NOT_CSA: gettext_lazy(
        "Customs self assessment is for program accounts that the agency has admitted to it. Ask by PARS, RMD or IID, "
        "or ask an officer whether the importer is admitted."
    ),
    Refusal.NOT_COURIER: gettext_lazy(
        "Only a courier of the courier low value program asks in this way. Ask by PARS, RMD or IID."
    ),
    Refusal.NOT_CONTINUOUS: gettext_lazy(
        "Continuous transmission, such as gas or power, is for program accounts that the agency has admitted to it. "
        "Ask by PARS, RMD or IID."
    ),
    Refusal.HAS_RPP: gettext_lazy(
        "The contingency plan is only for importers without Release Prior to Payment, and this importer has it. Ask "
        "again without a contingency account."
    ),
    Refusal.NO_CONTINGENCY_PLAN: gettext_lazy(
        "There is no contingency plan on this day. The importer enrols in Release Prior to Payment, or the goods are "
        "released as C-type."
    ),
    Refusal.GOODS_NOT_LISTED: gettext_lazy(
        "The contingency plan is for time-sensitive and perishable goods and for what health needs. Other goods are "
        "released as C-type, or the importer enrols in Release Prior to Payment."
    ),
    Refusal.NO_CONTINGENCY_ACCOUNT: gettext_lazy(
        "The contingency account has to be an open program account of your own brokerage that an officer has admitted "
        "to the plan and that has Release Prior to Payment. Check its number, or ask an officer to admit it."
    ),
}
#: What is wrong with a request, and how it is put right.
FAULTS: dict[Fault, Any] = {
    Fault.CARGO_SHORT: gettext_lazy(
        "A cargo control number is the carrier's code of four characters and a reference after it. Add what is missing"
    ),
    Fault.CARGO_LONG: gettext_lazy("A cargo control number has at most 25 characters"),
    Fault.CARGO_CHARACTERS: gettext_lazy("Use letters and digits only, as on the carrier's papers"),
    Fault.ARRIVAL_PAST: gettext_lazy("This day has passed. For goods that are here, give today"),
    Fault.ARRIVAL_FAR: gettext_lazy("Release is asked for 30 days before arrival at most. Ask again nearer to the day"),
    Fault.NOT_ARRIVED: gettext_lazy("Only PARS and IID are asked for before the goods arrive. Choose one of them"),
    Fault.DEPARTMENT_OF_IID: gettext_lazy(
        "Only an Integrated Import Declaration carries another department's data. Choose IID, or leave this empty"
    ),
    Fault.PERMIT_MISSING: gettext_lazy("Enter the number of the permit or licence of that department"),
    Fault.DEPARTMENT_MISSING: gettext_lazy("Choose the department that gave the permit"),
    Fault.VALUE_TOO_HIGH: gettext_lazy(
        "Courier low value goods are worth %(limit)s at most. Ask by PARS, RMD or IID for more"
    ),
    Fault.CONTROLLED: gettext_lazy(
        "Confirm that no other department controls the goods. Controlled goods are asked for by IID"
    ),
    Fault.CONTINGENCY_KIND: gettext_lazy("The contingency plan goes with PARS, RMD or IID. Choose one of them"),
    Fault.CATEGORY_MISSING: gettext_lazy("Choose what kind of goods they are; the contingency plan lists them"),
}
#: Why the program account of a release stays as it is.
IMPORTER_REFUSALS: dict[ImporterRefusal, Any] = {
    ImporterRefusal.NOT_RELEASED: gettext_lazy(
        "Only goods that were released, and not at the port, get another program account. Ask for release anew."
    ),
    ImporterRefusal.ACCOUNTED: gettext_lazy(
        "These goods are accounted for. File a declaration under the right program account, then adjust this one."
    ),
    ImporterRefusal.SAME: gettext_lazy("The release is on this program account already. Enter another one."),
}
