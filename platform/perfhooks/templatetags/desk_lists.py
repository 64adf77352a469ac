"""Template tags of the desk's lists."""

from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers, result_hidden_fields
from django.contrib.admin.views.main import ChangeList

from perfhooks.rows import render_rows

register = template.Library()


@register.inclusion_tag("admin/change_list_results.html")
def desk_result_list(changes: ChangeList) -> dict[str, Any]:
    """The head and the rows of a list, by the template that Django's own `result_list` fills."""
    headers = list(result_headers(changes))
    return {
        "cl": changes,
        "result_hidden_fields": list(result_hidden_fields(changes)),
        "result_headers": headers,
        "num_sorted_fields": sum(1 for header in headers if header["sortable"] and header["sorted"]),
        "results": [[render_rows(changes)]] if changes.result_list else [],
    }
