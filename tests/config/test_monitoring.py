from forecourt.config.monitoring import scrub_event
from forecourt.kernel.logs import request_context, scrub


def test_what_is_sent_to_the_error_tracker_holds_no_personal_data() -> None:
    token = request_context.set({"tenant": "g_abc", "request_id": "r1"})
    try:
        event = scrub_event(
            {
                "user": {"email": "li@huadong.example"},
                "request": {
                    "method": "POST",
                    "url": "https://huadong.example/crm/leads/?q=13900001111",
                    "data": {"phone": "13900001111"},
                    "headers": {"Authorization": "Bearer fct_secret"},
                },
                "exception": {
                    "values": [
                        {
                            "value": "duplicate key (phone)=(+8613900001111)",
                            "stacktrace": {"frames": [{"vars": {"phone": "13900001111"}}]},
                        }
                    ]
                },
                "breadcrumbs": {"values": [{"message": "13900001111"}]},
            },
            {},
        )
    finally:
        request_context.reset(token)

    assert "13900001111" not in str(event)
    assert "fct_secret" not in str(event)
    assert "li@huadong.example" not in str(event)
    assert event["tags"] == {"tenant": "g_abc", "request_id": "r1"}
    assert event["request"] == {
        "method": "POST",
        "url": "https://huadong.example/crm/leads/",
    }


def test_log_lines_hold_no_phone_token_or_address() -> None:
    text = scrub(
        "call +86 139 0000 1111 or 02150001111, token fct_abc-DEF, mail a@b.example, id 42"
    )

    assert text == "call […] or […], token […], mail […], id 42"
