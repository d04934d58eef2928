"""The peer: a bare Flask view that gives bytes held in memory, under the gunicorn settings that talbuk has.

`python tests/bench/bare_flask.py HOST:PORT FOLDER` answers each of talbuk's two addresses with one of the bodies in
FOLDER/record or FOLDER/page, drawn at random. It reads no parameter, asks no database and sets no header of its own.
"""

import random
import sys
from pathlib import Path

from flask import Flask, Response

from api.server import Server
from api.settings import read_settings


def create_app(folder: Path) -> Flask:
    """Two views, each over bodies read once."""
    app = Flask("bare", static_folder=None)
    records = [file.read_bytes() for file in sorted((folder / "record").iterdir())]
    pages = [file.read_bytes() for file in sorted((folder / "page").iterdir())]

    @app.get("/v1/defectors/<slug>")
    def get_record(slug: str) -> Response:
        return Response(random.choice(records), content_type="application/json")

    @app.get("/v1/defectors")
    def list_records() -> Response:
        return Response(random.choice(pages), content_type="application/json")

    return app


class BareServer(Server):
    """talbuk's server, over the bare application."""

    def load(self) -> Flask:
        """Make the bare application, and open no database."""
        return create_app(FOLDER)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[2])
    settings = read_settings(bind=sys.argv[1], workers=1)
    sys.argv = sys.argv[:1]
    BareServer(settings).run()
