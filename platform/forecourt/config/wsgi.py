import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forecourt.config.settings.prod")
application = get_wsgi_application()

from tenants.keys import require_master_key  # noqa: E402 - needs the applications

require_master_key()
