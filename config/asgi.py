"""What the server calls: pages of `config.wsgi`, and the live stream beside them."""

from django.conf import settings

from config.wsgi import application as pages
from pheu.core.gateway import Gateway
from pheu.notifications.stream import Live

application = Gateway(pages, threads=settings.WEB_THREADS, streams={"/live": Live()})
