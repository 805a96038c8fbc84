"""People who sign in: accounts, second factors, devices, API tokens."""
