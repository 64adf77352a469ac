"""Editors and machines at once, three editors to a machine.

locust -f locustfiles/mixed.py --headless -u 20 -t 60s --host http://127.0.0.1:8000
"""

from __future__ import annotations

from locustfiles import admin_products, api_products


class Editors(admin_products.Editor):
    """Those at the desk."""

    weight = 3


class Machines(api_products.Machine):
    """Those at the API."""

    weight = 1
