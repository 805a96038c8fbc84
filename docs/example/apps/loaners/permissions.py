from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "loaners",
    {
        "view_loan": _("See courtesy cars and who has them"),
        "lend_car": _("Lend courtesy cars and take them back"),
        "import_car": _("Import courtesy cars"),
        "see_licence": _("See driving licence numbers in full"),
    },
)
lender = {"view_loan": "STORE", "lend_car": "STORE", "see_licence": "STORE"}
grant_to_roles(
    "loaners",
    {
        "headquarters": {"view_loan": "GROUP", "lend_car": "GROUP", "import_car": "GROUP"},
        "store_manager": {**lender, "import_car": "STORE"},
        "service_manager": lender,
        "service_adviser": lender,
        "receptionist": {"view_loan": "STORE"},
    },
)
