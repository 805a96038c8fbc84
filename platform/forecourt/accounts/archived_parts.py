"""What of accounts a group's archive does not show."""

from forecourt.kernel.archived import leave_out, withhold

withhold("accounts.User", "password")
withhold("accounts.ApiToken", "digest")
withhold("account.EmailConfirmation", "key")
# A session means nothing at another address, and its person signs in again.
leave_out("sessions.Session")
leave_out("usersessions.UserSession")
