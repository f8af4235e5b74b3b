from django import template

from pheu.core.once import once_input

register = template.Library()
register.simple_tag(once_input, name="once_token")
