from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from omnicommerce.adapters.sql.queue import WriterQueue, queue_for
from omnicommerce.kernel.errors import Conflict, StoreUnavailable
from tests.crash import processes


def test_threads_are_served_in_the_order_they_came() -> None:
    """Whoever asks first writes first: nobody overtakes."""
    queue = WriterQueue(None)
    served: list[int] = []

    def write(number: int) -> None:
        with queue.turn(10):
            served.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    with queue.turn(10):
        for number, thread in enumerate(threads):
            thread.start()
            while len(queue._line._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()

    assert served == list(range(8))


def test_waiting_ends_with_patience() -> None:
    """A writer who waits too long gets a Conflict, and the line goes on without them."""
    queue = WriterQueue(None)
    failed = []

    def write() -> None:
        try:
            with queue.turn(0.01):
                pass
        except Conflict as conflict:
            failed.append(conflict)

    with queue.turn(1):
        impatient = threading.Thread(target=write)
        impatient.start()
        impatient.join()
    with queue.turn(0.01):
        pass

    assert len(failed) == 1


def _count_up(path: Path, times: int) -> None:
    queue = queue_for(str(path))
    for _ in range(times):
        with queue.turn(30):
            path.write_text(str(int(path.read_text()) + 1))


def test_processes_take_turns(tmp_path: Path) -> None:
    """Two processes never write at the same time."""
    path = tmp_path / "counter"
    path.write_text("0")
    writers = [processes.Process(target=_count_up, args=(path, 200)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert path.read_text() == "400"


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A queue that has no place for its file is an error of the store."""
    queue = queue_for(str(tmp_path / "missing" / "shop.db"))
    with pytest.raises(StoreUnavailable, match="beside the database"), queue.turn(1):
        pass


def test_one_queue_per_file(tmp_path: Path) -> None:
    """Two stores of one process on one file wait in the same line; databases in memory do not."""
    path = str(tmp_path / "shop.db")
    assert queue_for(path) is queue_for(path)
    assert queue_for(None) is not queue_for(":memory:")
