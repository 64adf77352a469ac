"""Filling an empty ledger so that every page shows something, and preparing the server's own files."""

import io
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from content.posts.selectors import list_slugs
from content.posts.services import save_post
from content.refresh.metricimports import import_metrics
from content.times import korean_today
from operations.demo.articles import write_articles
from operations.demo.figures import DAYS, write_search_console, write_store_report
from perfhooks.clock import business_now

ADMIN_NAME = "admin"


@dataclass(frozen=True, slots=True)
class SeedCounts:
    """How many demo posts were written, and how many were there already."""

    written: int
    kept: int


@transaction.atomic
def seed_posts() -> SeedCounts:
    """Write the demo posts that are not there yet; a post that an editor has changed since stays as it is."""
    articles = write_articles()
    known = set(list_slugs())
    fresh = [article for article in articles if article.slug not in known]
    for article in fresh:
        save_post(
            slug=article.slug,
            title=article.title,
            body=article.body,
            relationship=article.relationship,
            status="published",
            published_at=business_now() - timedelta(days=DAYS + 1),
        )
    return SeedCounts(written=len(fresh), kept=len(articles) - len(fresh))


def seed_figures() -> int:
    """Import the searches and sales of the demo's posts up to yesterday; returns how many rows are new or changed."""
    slugs, today = sorted({article.slug for article in write_articles()} & set(list_slugs())), korean_today()
    files = {
        "search_console": write_search_console(slugs, today=today),
        "store": write_store_report(slugs, today=today),
    }
    done = [import_metrics(file=io.BytesIO(data), source=source) for source, data in files.items()]
    return sum(outcome.added + outcome.changed for outcome in done)


def read_or_make_secret(path: Path, *, length: int) -> str:
    """The secret in `path`, made at random on first use and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(length), encoding="ascii")
        draft.replace(path)
    return path.read_text(encoding="ascii").strip()


def ensure_admin() -> Path:
    """Make the first administrator when there is none; returns the file that holds the password."""
    path: Path = settings.DATA_DIR / "admin_password"
    users = get_user_model()
    if not users.objects.filter(is_superuser=True).exists():
        password = read_or_make_secret(path, length=12)
        users.objects.create_superuser(ADMIN_NAME, password=password)
    return path
