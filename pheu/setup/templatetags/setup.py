from typing import Any

from django import template

from pheu.setup.lists import Page

register = template.Library()


@register.simple_tag
def page_url(page: Page, name: str, *args: Any) -> str:
    """An address of a page of «Cấu hình»: `page`, `new`, `change`, `switch`, `order`."""
    return page.url(name, *args)
