"""The web application that the server calls."""

import os

from django.core.wsgi import get_wsgi_application

from pheu.core.door import readable
from pheu.core.processes import keep_what_is_loaded, stop_with_parent
from pheu.core.vietnamese.units import atlas

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["PHEU_PROCESS"] = "web"  # read by the settings: how long a statement may take
stop_with_parent()  # Or the web worker would live on when its server is killed outright.

application = readable(get_wsgi_application())
atlas()  # no page waits for it
# Often and little, by the end of every second page or so: after 20,000 every tenth page took 8 ms longer.
keep_what_is_loaded(look_after=5_000)
