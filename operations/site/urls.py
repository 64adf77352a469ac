"""The addresses of the public site."""

from django.urls import path, re_path

from operations.site import views
from operations.site.feeds import PostFeed

app_name = "site"
MEDIA_NAME = r"(?:posts|assets)/[0-9a-f]{2}/[0-9a-f]{32}(?:[0-9a-f]{32})?(?:_\w{7})?\.(?:jpg|png|webp)"
"""What may be fetched: pictures named by their fingerprint, and nothing else that the storage holds."""

urlpatterns = [
    path("posts/", views.list_posts, name="posts"),
    path("posts/<str:slug>/", views.show_post, name="post"),
    re_path(rf"^media/(?P<name>{MEDIA_NAME})$", views.send_picture, name="media"),
    path("feed/", PostFeed(), name="feed"),
    path("sitemap.xml", views.show_sitemap, name="sitemap"),
    path("sitemap-<int:number>.xml", views.show_sitemap_part, name="sitemap-part"),
    path("robots.txt", views.show_robots, name="robots"),
]
