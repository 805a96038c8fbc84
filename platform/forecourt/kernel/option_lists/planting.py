"""The built-in values of a new group, and those that a later release brings."""

from forecourt.kernel.models.options import OptionValue
from forecourt.kernel.option_lists.declaration import all_lists
from forecourt.kernel.seeds import plants

STEP = 10


@plants(order=20)
def plant_option_values() -> None:
    """Add what is missing; what a group has renamed, ordered or retired stays as it is."""
    OptionValue.objects.bulk_create(
        [
            OptionValue(
                list_code=declared.code,
                code=option.code,
                name_zh=option.name_zh,
                name_en=option.name_en,
                sequence=place * STEP,
                is_built_in=True,
            )
            for declared in all_lists()
            for place, option in enumerate(declared.values, start=1)
        ],
        ignore_conflicts=True,
    )
