"""The door for the web server."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.prod")

YOUNG_OBJECTS, YOUNGER_PASSES, OLDER_PASSES = 20_000, 20, 20
"""When Python looks for unreachable cycles: a list of the desk makes 4,000 objects, nearly all of which go by themselves."""

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - loads what the first request would
# What is loaded now stays: a pass over its 200,000 objects stopped every sixtieth request for a tenth of a second.
gc.collect()
gc.freeze()
gc.set_threshold(YOUNG_OBJECTS, YOUNGER_PASSES, OLDER_PASSES)
