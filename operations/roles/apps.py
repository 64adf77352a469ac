"""Users and roles on the desk (plan 6.1)."""

from django.apps import AppConfig


class RolesConfig(AppConfig):
    """The seven roles, kept in step with the table after every migrate."""

    name = "operations.roles"
    label = "roles"
    verbose_name = "사용자와 역할"

    def ready(self) -> None:
        """Sync the roles once per migrate: behind the last app, when the permissions of all apps are there."""
        from django.apps import apps
        from django.db.models.signals import post_migrate

        from operations.roles.services import sync_after_migrate

        *_, last = (config for config in apps.get_app_configs() if config.models_module is not None)
        post_migrate.connect(sync_after_migrate, sender=last, dispatch_uid="operations.roles")
