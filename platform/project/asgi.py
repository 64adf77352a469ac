"""The door for an asynchronous web server; the measured and recommended one is wsgi.py."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.prod")

application = get_asgi_application()
