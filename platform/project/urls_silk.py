"""The product's addresses and silk's pages, where `project.settings.profiling` is in force."""

from typing import Any

from csp.decorators import csp_update
from django.urls import URLPattern, include, path

from project.urls import handler400 as handler400
from project.urls import handler403 as handler403
from project.urls import handler404 as handler404
from project.urls import handler500 as handler500
from project.urls import urlpatterns as product_patterns

# Silk's pages hide parts by style attributes, act by event attributes and draw graphs by compiled code; they work under
# nothing stricter. The rest of the product's policy holds for them too.
RELAXED = {"style-src": ["'self'", "'unsafe-inline'"], "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"]}


def relax_policy(patterns: list[URLPattern]) -> list[URLPattern]:
    """The same addresses, answered under the relaxed content security policy."""
    relax: Any = csp_update(RELAXED)
    return [URLPattern(page.pattern, relax(page.callback), page.default_args, page.name) for page in patterns]


_silk: Any = include("silk.urls")[0]

urlpatterns = [*product_patterns, path("silk/", include((relax_policy(_silk.urlpatterns), "silk")))]
