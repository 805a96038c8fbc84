import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forecourt.config.settings.prod")
application = get_wsgi_application()

from forecourt.config.sharing import load_libraries  # noqa: E402 - needs the applications
from tenants.keys import require_master_key  # noqa: E402

require_master_key()
load_libraries()
