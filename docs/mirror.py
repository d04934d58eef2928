"""Keep a mirror of a talbuk instance in a SQLite file: `python mirror.py http://127.0.0.1:8000 mirror.db`.

It ends when it is as new as the instance; run again, it goes on from there. With `--print` after the file it then
prints all records as NDJSON that `talbuk load` takes.
"""

import json
import sqlite3
import sys
from urllib.request import urlopen

instance, file, *more = sys.argv[1:]
mirror = sqlite3.connect(file)
mirror.execute("CREATE TABLE IF NOT EXISTS record (path TEXT PRIMARY KEY, input TEXT)")
mirror.execute("CREATE TABLE IF NOT EXISTS place (id INTEGER PRIMARY KEY, next TEXT)")
(address,) = mirror.execute("SELECT next FROM place").fetchone() or ("/v1/changes?limit=500",)
behind = True
while behind:
    with urlopen(instance + address) as answer:
        page = json.load(answer)
    address, behind = page["links"]["next"], page["meta"]["more"]
    with mirror:  # the records and the place to go on from are kept together, or neither is
        for change in page["data"]:
            if change["action"] != "erase":  # that is of the past, of which a mirror keeps nothing
                line = change["record"] and json.dumps({"resource": change["type"], **change["record"]})
                mirror.execute("REPLACE INTO record VALUES (?, ?)", (change["path"], line))
        mirror.execute("REPLACE INTO place VALUES (1, ?)", (address,))
if more == ["--print"]:
    print(*(line for (line,) in mirror.execute("SELECT input FROM record WHERE input <> '' ORDER BY path")), sep="\n")
