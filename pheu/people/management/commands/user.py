"""`bin/pheu user`: make an account, or give an existing one a new password, name or role."""

import getpass
import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from pheu.people.models import Role, User
from pheu.people.second_step import take_away


class Command(BaseCommand):
    help = "Make an account. The password is asked for, or taken from the variable PHEU_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="full name, as people write it")
        parser.add_argument("--role", required=True, help="code of a role")
        parser.add_argument(
            "--one-step", action="store_true", help="take the second step away: nobody is left who can on a page"
        )

    @transaction.atomic
    def handle(self, *args: Any, email: str, name: str, role: str, one_step: bool = False, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first() or User(email=email)
        user.full_name, user.role = name, self.find_role(role)
        user.set_password(self.ask_password(user))
        user.save()
        if one_step:
            take_away(user)
        self.stdout.write(f"{user.email}: {user.full_name}, {user.role}")

    def find_role(self, code: str) -> Role:
        try:
            return Role.objects.get(code=code)
        except Role.DoesNotExist:
            known = ", ".join(Role.objects.values_list("code", flat=True)) or "none"
            raise CommandError(f"No role {code!r}. Roles: {known}.") from None

    def ask_password(self, user: User) -> str:
        password = os.environ.get("PHEU_PASSWORD") or getpass.getpass("Mật khẩu / password: ")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        return password
