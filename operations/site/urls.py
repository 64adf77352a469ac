"""The addresses of the public site."""

from django.urls import path, re_path

from operations.site import views
from operations.site.addresses import MEDIA_NAME
from operations.site.feeds import PostFeed

app_name = "site"

urlpatterns = [
    path("posts/", views.list_posts, name="posts"),
    path("posts/<path:slug>/", views.show_post, name="post"),
    re_path(rf"^media/(?P<name>{MEDIA_NAME})$", views.send_picture, name="media"),
    path("feed/", PostFeed(), name="feed"),
    path("sitemap.xml", views.show_sitemap, name="sitemap"),
    path("sitemap-<int:number>.xml", views.show_sitemap_part, name="sitemap-part"),
    path("robots.txt", views.show_robots, name="robots"),
]
