"""Who asks, where proxies stand in front: as many of them are believed as the settings say, and by default none."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api.settings import read_settings


def init_app(app: Flask) -> None:
    """Take the client's address, and by which scheme it asks, from what the outermost of the trusted proxies says.

    Host is taken as it comes: a proxy hands it on.
    """
    trusted = read_settings().proxies
    if trusted:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted)  # type: ignore[method-assign]
