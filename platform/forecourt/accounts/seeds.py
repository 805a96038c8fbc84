"""What every group's accounts start with: the key that their secrets are encrypted with."""

from forecourt.kernel import crypto
from forecourt.kernel.seeds import plants

plants(order=1)(crypto.plant_key)
