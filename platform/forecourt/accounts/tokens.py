"""Links by mail: each is good for one group only, even where two accounts are equal in all else."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from forecourt.kernel.groups import current_schema


class GroupTokenGenerator(PasswordResetTokenGenerator):
    """Password-reset tokens that also stand for the group.

    Groups share the secret key, and two of them may hold an account with the same id and password
    hash (demo data, a restored copy): without the schema's name one group's link would open the
    other's account.
    """

    key_salt = "forecourt.accounts.tokens.GroupTokenGenerator"

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        return f"{current_schema()}:{super()._make_hash_value(user, timestamp)}"
