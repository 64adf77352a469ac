"""The map of the site after sitemaps.org's protocol: at most 50,000 addresses in a file."""

from xml.sax.saxutils import escape

from content.posts.selectors import count_public, list_public_addresses
from operations.site.addresses import get_post_url, get_site_url
from operations.site.documents import write_time

PART_SIZE = 50_000
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def count_parts() -> int:
    """How many files the map has; 0 without any published post."""
    return -(-count_public() // PART_SIZE)


def write_index(parts: int) -> str:
    """The list of the parts."""
    places = (
        f"<sitemap><loc>{escape(get_site_url())}/sitemap-{number}.xml</loc></sitemap>" for number in range(1, parts + 1)
    )
    return "\n".join([HEAD, f"<sitemapindex {NAMESPACE}>", *places, "</sitemapindex>", ""])


def write_part(number: int) -> str:
    """One part, counted from 1, by id, so that a new post moves no other one to another part."""
    rows = list_public_addresses(offset=(number - 1) * PART_SIZE, limit=PART_SIZE)
    places = (
        f"<url><loc>{escape(get_post_url(slug))}</loc><lastmod>{write_time(modified_at)}</lastmod></url>"
        for slug, modified_at in rows
    )
    return "\n".join([HEAD, f"<urlset {NAMESPACE}>", *places, "</urlset>", ""])
