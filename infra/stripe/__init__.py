"""A stand-in of Stripe for development, the demo and tests: what the product uses of it, with a
memory, pages for the browser, signed events and a clock that can be moved.

It takes only what Stripe takes: what is sent is checked against the parameter types that the
``stripe`` library publishes for the pinned version of the API (:mod:`infra.stripe.checking`).
"""
