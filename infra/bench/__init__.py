"""`make bench`: the product as `make run` serves it, beside two floors measured in the same run.

The SQL floor is the same work as bare statements on one connection, the Django floor a bare Django
and DRF endpoint with nothing of the product around it, served in the same way on the same database
server. Times on a shared machine swing; the ratios say what the product costs.
"""
