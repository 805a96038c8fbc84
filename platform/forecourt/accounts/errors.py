from forecourt.kernel.errors import Conflict, Invalid


class EmailTaken(Conflict):
    code = "email_taken"


class MobileTaken(Conflict):
    code = "mobile_taken"


class WeakPassword(Invalid):
    code = "weak_password"


class TooManyScopes(Invalid):
    """A token may not do what its person may not."""

    code = "too_many_scopes"
