"""What happens to files: those that people hand in, and those that they ask for."""

from documents.services.files import Folder, Incoming, Received, check, receive, remove, require_accepted
from documents.services.requests import (
    FileKind,
    Order,
    Product,
    ask_for_file,
    expire_files,
    kind_of,
    make_file,
    record_download,
    require_ready,
)

__all__ = [
    "FileKind",
    "Folder",
    "Incoming",
    "Order",
    "Product",
    "Received",
    "ask_for_file",
    "check",
    "expire_files",
    "kind_of",
    "make_file",
    "receive",
    "record_download",
    "remove",
    "require_accepted",
    "require_ready",
]
