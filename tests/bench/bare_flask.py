"""The ceiling: a bare Flask view that gives bytes held in memory, under the gunicorn settings that talbuk has.

`python -m tests.bench.bare_flask HOST:PORT FOLDER` answers `/ROW/…` with one of the bodies in FOLDER/ROW, drawn at
random, and compressed as talbuk compresses where that is asked for; to If-None-Match it answers 304. It reads no
parameter and asks no database.
"""

import random
import sys
from pathlib import Path

from flask import Flask, Response, request

from api.codings import SETTINGS, compress
from api.server import Server
from api.settings import read_settings


def create_app(folder: Path) -> Flask:
    """One view over bodies read once."""
    app = Flask("bare", static_folder=None)
    app.config.update(SETTINGS)
    compress.init_app(app)
    bodies = {row.name: [file.read_bytes() for file in sorted(row.iterdir())] for row in folder.iterdir()}

    @app.get("/<row>/<path:rest>")
    def answer(row: str, rest: str) -> Response:
        if tag := request.headers.get("If-None-Match"):
            return Response(status=304, headers={"ETag": tag})
        response = Response(random.choice(bodies[row]), content_type="application/json")
        return compress.after_request(response) if "Accept-Encoding" in request.headers else response

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
