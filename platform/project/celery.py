"""The Celery application. Tasks carry ids and the trace id; the database carries the state."""

import os

from celery import Celery

from perfhooks.celery_trace import install

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.dev")

app = Celery("jangbu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
install()
