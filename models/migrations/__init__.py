"""Numbered migrations: `up` takes a database to the schema of its number, `down` from there to the one before.

What was given is carried over (`record`, `removed`, `ledger`, `fact`, `loaded_file`, `meta` and what later schemas keep
beside them); what is derived of it can be made anew, empty, for `rebuild` fills it. A migration declares its tables
itself, as they were then: `models.tables` has those of now. Schema 1 is where the numbers begin.
"""
