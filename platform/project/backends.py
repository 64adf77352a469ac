"""Who may do what: Django's own backend, which reads a person's rights at once."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q


class OneQueryBackend(ModelBackend):
    """Reads the rights of a person and of the person's groups by one query: every page of the desk asks for them."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """{"app.right"}; none for who is inactive, anonymous, or asks about one object."""
        if user_obj.is_superuser or not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            own = Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj)).order_by()
            names = own.values_list("content_type__app_label", "codename").distinct()
            user_obj._perm_cache = {f"{label}.{name}" for label, name in names}
        rights: set[str] = user_obj._perm_cache
        return rights
