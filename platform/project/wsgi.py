"""The door for the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from perfhooks.collector import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.prod")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - loads what the first request would
gc.collect()
settle()
