"""What waits for workers is shown by queue, with the age of the oldest message."""

from datetime import timedelta

import pytest
from celery import current_app

from forecourt.config import embedded
from forecourt.kernel import outbox, queue
from forecourt.kernel.clock import now
from forecourt.kernel.files import checking
from infra.embedded.redis import Redis

needs_redis = pytest.mark.skipif(
    not Redis.is_available(), reason="no Redis wheel for this machine; files are the queue here"
)


@pytest.fixture(params=[pytest.param("redis", marks=needs_redis), "folder"])
def broker(request, tmp_path):
    conf = current_app.conf
    former = conf.broker_url, conf.broker_transport_options
    try:
        if request.param == "redis":
            with Redis(tmp_path) as server:
                url = f"redis+socket://{server.socket}?virtual_host=0"
                conf.broker_url, conf.broker_transport_options = url, {}
                yield
        else:
            conf.broker_url = f"filesystem://{tmp_path / 'queue'}"
            conf.broker_transport_options = embedded.broker_options(conf.broker_url)
            yield
    finally:
        conf.broker_url, conf.broker_transport_options = former


@pytest.fixture
def waiting(broker, group):
    current_app.conf.task_always_eager = False
    try:
        with current_app.connection_for_write() as connection:
            for task, times in ((outbox.deliver_due, 3), (checking.describe_file, 1)):
                for _time in range(times):
                    arguments = {"schema_name": group.schema_name, "file_id": 1}
                    task.apply_async(kwargs=arguments, connection=connection)
    finally:
        current_app.conf.task_always_eager = True


def test_each_queue_says_how_much_waits_and_since_when(waiting):
    found = {each.queue: each for each in queue.lengths()}
    assert (found["celery"].count, found["files"].count) == (3, 1)
    assert all(now() - each.oldest_at < timedelta(minutes=5) for each in found.values())


def test_the_console_shows_them_and_says_when_the_queue_does_not_answer(waiting, operator_browser):
    browser = operator_browser()
    page = browser.get("/operators/jobs/").content.decode()
    assert '<td class="fc-mono" data-label="队列">files</td>' in page
    current_app.conf.broker_url = "redis+socket:///nowhere.sock"
    assert "队列没有响应" in browser.get("/operators/jobs/").content.decode()
