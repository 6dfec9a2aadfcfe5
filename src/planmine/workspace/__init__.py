"""The workspace: a folder that remembers what was read, and every run that was made of it.

Large things are immutable files: ``parts`` (documents as they were read) and ``vectors``, each named by or
listed with its hash, in the folder itself or in any store that fsspec reaches. Small things are rows of the
ledger (``ledger.duckdb``), changed in transactions: which documents stand where, which runs were made of them.
A run is a folder of ``reports`` that never changes; ``reports/latest`` points to the last.
"""

from planmine.workspace.documents import Document, key_of
from planmine.workspace.files import Damaged, Files
from planmine.workspace.ledger import FORMAT, LedgerError
from planmine.workspace.lock import InUse
from planmine.workspace.place import Part, Workspace, write_part, write_vectors

__all__ = [
    "FORMAT",
    "Damaged",
    "Document",
    "Files",
    "InUse",
    "LedgerError",
    "Part",
    "Workspace",
    "key_of",
    "write_part",
    "write_vectors",
]
