"""What a browser says of itself, in the few words that its owner knows it by."""

from django.utils.translation import gettext as _

# The first that is found names it: nearly every browser claims to be several others too.
BROWSERS = (
    ("Zalo", "Zalo"), ("coc_coc_browser", "Cốc Cốc"), ("Edg", "Edge"), ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"), ("FxiOS", "Firefox"), ("Firefox", "Firefox"), ("CriOS", "Chrome"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
PHONES = ("iPhone", "iPad", "Android")


def device(user_agent: str) -> str:
    """«Chrome trên Windows»; what is not known is called so."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("An unknown browser")


def is_phone(user_agent: str) -> bool:
    return _first(SYSTEMS, user_agent) in PHONES


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in known if mark in user_agent), "")
