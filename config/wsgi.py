"""The web application that the server calls."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from pheu.core.door import readable
from pheu.core.processes import stop_with_parent
from pheu.core.vietnamese.units import atlas

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["PHEU_PROCESS"] = "web"  # read by the settings: how long a statement may take
stop_with_parent()  # Or the web worker would live on when its server is killed outright.

application = readable(get_wsgi_application())
atlas()  # no page waits for it

# What has been loaded stays: looking through it for garbage would hold up a request now and then for 30 ms.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
