"""The servers whose writing is measured: talbuk, and a Flask view that inserts one row, under the same gunicorn.

`python -m tests.bench.writing_servers talbuk|bare HOST:PORT DATABASE SYNCHRONOUS`: how SQLite waits for the disk is an
argument, FULL as talbuk has it or OFF, for what is left without the disk.
"""

import sys
from typing import Any

from flask import Flask, Response, request
from peewee import BlobField, Model, SqliteDatabase, TextField

from api.server import Server
from api.settings import read_settings
from models.database import DB


class TalbukServer(Server):
    """talbuk itself."""

    def load(self) -> Any:
        """Make the application, and have SQLite wait for the disk as is asked for."""
        application = super().load()
        DB.obj.pragma("synchronous", SYNCHRONOUS, permanent=True)
        return application


class BareServer(Server):
    """The least that an application on Flask and Peewee can do: one row, of the bytes that come."""

    def load(self) -> Flask:
        """Make the view and its table."""
        database = SqliteDatabase(self.settings.database, pragmas={"journal_mode": "wal", "synchronous": SYNCHRONOUS})

        class Row(Model):
            slug = TextField(primary_key=True)
            body = BlobField()

            class Meta:
                pass

        Row.bind(database)
        database.create_tables([Row])
        app = Flask("bare", static_folder=None)

        @app.put("/v1/defectors/<slug>")
        def put(slug: str) -> Response:
            body = request.get_data()
            Row.insert(slug=slug, body=body).execute()
            return Response(body, status=201, content_type="application/json")

        return app


if __name__ == "__main__":
    which, bind, file, SYNCHRONOUS = sys.argv[1:]
    settings = read_settings(bind=bind, workers=1, database=file)
    sys.argv = sys.argv[:1]
    {"talbuk": TalbukServer, "bare": BareServer}[which](settings).run()
