import pytest
from cryptography.fernet import Fernet

from forecourt.kernel import crypto
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import DataKey


def test_what_was_encrypted_is_read_again_and_does_not_show(group: GroupIdentity) -> None:
    token = crypto.encrypt("510322199001011234")

    assert "510322199001011234" not in token
    assert crypto.decrypt(token) == "510322199001011234"


def test_another_group_cannot_read_it(group: GroupIdentity, other_group: GroupIdentity) -> None:
    token = crypto.encrypt("secret")

    with inside(other_group), pytest.raises(crypto.Undecipherable):
        crypto.decrypt(token)


def test_every_group_starts_with_a_key_of_its_own(
    group: GroupIdentity, other_group: GroupIdentity
) -> None:
    own = DataKey.objects.get().wrapped
    with inside(other_group):
        other = DataKey.objects.get().wrapped

    assert own != other


def test_after_a_rotation_old_and_new_texts_are_readable(group: GroupIdentity) -> None:
    before = crypto.encrypt("old")
    number = crypto.new_key()
    after = crypto.encrypt("new")

    assert number == 2
    assert crypto.decrypt(before) == "old"
    assert crypto.decrypt(after) == "new"


def test_a_new_master_key_takes_over_when_the_old_one_stands_behind_it(
    group: GroupIdentity, settings
) -> None:
    token = crypto.encrypt("kept")
    old, new = settings.MASTER_KEY, Fernet.generate_key().decode()

    settings.MASTER_KEY = f"{new},{old}"
    assert crypto.rewrap() == 1
    settings.MASTER_KEY = new

    assert crypto.decrypt(token) == "kept"


def test_a_blind_index_finds_equal_values_of_one_purpose_in_one_group(
    group: GroupIdentity, other_group: GroupIdentity
) -> None:
    index = crypto.blind_index("510322199001011234", "national_id")
    crypto.new_key()

    assert crypto.blind_index("510322199001011234", "national_id") == index
    assert crypto.blind_index("510322199001011234", "bank_account") != index
    with inside(other_group):
        assert crypto.blind_index("510322199001011234", "national_id") != index
