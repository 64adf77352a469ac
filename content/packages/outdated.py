"""Packages that older code made: a raised version of recipe, template or disclosure builds them anew."""

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from content.cro.environment import TEMPLATE_VERSIONS
from content.disclosure.selectors import list_current_versions
from content.packages import recipe
from content.packages.models import Package
from content.packages.selectors import select_current


def select_outdated() -> QuerySet[Package]:
    """The current packages that the code as it is now would make differently."""
    templates = (Q(template_id=name, template_version=version) for name, version in TEMPLATE_VERSIONS.items())
    disclosures = list_current_versions()
    as_now = Q(recipe_version=recipe.get_version(), disclosure_version__in=disclosures) & reduce(or_, templates)
    return select_current().exclude(as_now)
