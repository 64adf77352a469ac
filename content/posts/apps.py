"""Posts: what an editor writes, with placeholders for what the catalogue knows."""

from django.apps import AppConfig


class PostsConfig(AppConfig):
    """Posts, their images and the findings about them."""

    name = "content.posts"
    label = "posts"
    verbose_name = "콘텐츠"
