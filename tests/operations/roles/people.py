"""People of the desk for the tests of roles."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

PASSWORD = "secret-of-a-role-test"


def make_person(username: str, *roles: str, **changes: Any) -> User:
    """A user of the desk in these roles."""
    values = {"is_staff": True, "last_name": "김", "first_name": "하늘", **changes}
    user = User.objects.create_user(username, password=PASSWORD, **values)
    user.groups.set(Group.objects.filter(name__in=roles))
    assert user.groups.count() == len(roles)
    return user


def log_in(user: User) -> Client:
    """A client at the desk as this user."""
    client = Client()
    client.force_login(user)
    return client
