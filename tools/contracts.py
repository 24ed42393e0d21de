"""A contract for import-linter: modules that only their own app may import."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateModules(Contract):
    """``modules`` are names inside any app ("views") or full names ("ledger.models"); ``exempt`` apps may import them.

    import-linter's own contracts want every named module to exist; here an app without that module is fine.
    """

    type_name = "private_modules"
    modules = fields.SetField(subfield=fields.StringField())
    exempt = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        private: set[str] = self.modules  # type: ignore[assignment]
        exempt: set[str] = self.exempt or set()  # type: ignore[assignment]
        broken: list[dict[str, Any]] = []
        for imported in sorted(graph.modules):
            parts = imported.split(".")
            if len(parts) < 2 or not ({parts[1], ".".join(parts[:2])} & private):
                continue
            for importer in sorted(graph.find_modules_that_directly_import(imported)):
                app = importer.split(".")[0]
                if app != parts[0] and app not in exempt:
                    details = graph.get_import_details(importer=importer, imported=imported)
                    broken.append(
                        {"importer": importer, "imported": imported, "lines": [d["line_number"] for d in details]}
                    )
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for link in check.metadata["broken"]:
            lines = ", ".join(str(line) for line in link["lines"])
            output.print_error(f"{link['importer']} imports {link['imported']}, private to its app (line {lines})")
