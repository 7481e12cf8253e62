"""What the register's databases can do wrong, each as one sentence for a person."""


class StoreFault(Exception):
    """The register cannot be opened or written; the message is one sentence for a person.

    `opening` is the word that goes before it where somebody wanted to save.
    """

    opening = "Not saved."


class OutcomeUnknown(StoreFault):
    """The database was lost while it saved: the same request again, under the same key, gets the first answer."""

    opening = "Perhaps saved."


class SchemaFault(StoreFault):
    """The tables are older or newer than this program."""


class NoTables(StoreFault):
    """There are no tables of ours, or not all of them."""


BUSY = "The register is busy with other writers. Nothing was saved; try again in a moment."
FULL = "The disk of the register is full. Nothing was saved; reading goes on."
SILENT = "The register did not answer. Nothing was saved; lightkeeper doctor says more."
