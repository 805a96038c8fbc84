"""What every group's accounts start with: the key that their secrets are encrypted with."""

from forecourt.kernel import crypto
from forecourt.kernel.seeds import plants

plants(order=1)(crypto.plant_key)
# Where they are: authenticator apps' secrets and recovery codes, and mails that hold a link.
crypto.declare_json("mfa.Authenticator", "data")
crypto.declare_json("kernel.OutboxMessage", "payload")
