"""The embedded broker's messages: whole or not there, whoever looks and whenever."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("messages", "done", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def queue(folder: Path) -> Iterator[SimpleQueue]:
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "processed_folder": str(folder / "done"),
        "control_folder": str(folder / "control"),
    }
    connection = Connection("filesystem://", transport="core.queue_files:Transport", transport_options=options)
    # A name of its own, because kombu remembers in its process which queues it has made.
    with connection, connection.SimpleQueue(f"jobs-{folder.name}") as queue:
        yield queue


def test_what_is_sent_arrives_in_its_order(queue: SimpleQueue) -> None:
    for number in range(3):
        queue.put({"chunk": number})
    arrived = [queue.get(block=False) for _number in range(3)]
    assert sorted(message.payload["chunk"] for message in arrived) == [0, 1, 2]
    with pytest.raises(queue.Empty):
        queue.get(block=False)


@pytest.mark.parametrize("left_behind", ["", '{"body": "eyJ'])
def test_a_message_that_was_cut_off_is_passed_over(queue: SimpleQueue, folder: Path, left_behind: str) -> None:
    (folder / "messages" / f"0_cut.{queue.queue.name}.msg").write_text(left_behind)
    queue.put({"chunk": 7})
    assert queue.get(block=False).payload == {"chunk": 7}
    with pytest.raises(queue.Empty):
        queue.get(block=False)


def test_nobody_sees_a_message_before_it_is_whole(queue: SimpleQueue, folder: Path) -> None:
    is_over = threading.Event()
    broken: list[str] = []

    def watch() -> None:
        while not is_over.is_set():
            for path in (folder / "messages").glob("*.msg"):
                try:
                    json.loads(path.read_text())
                except ValueError:
                    broken.append(path.name)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(300):
        queue.put({"chunk": number, "facts": "x" * 5_000})
    is_over.set()
    watcher.join()
    assert not broken


def test_a_table_of_queues_that_is_being_written_is_read_again(queue: SimpleQueue, folder: Path) -> None:
    queue.put({"chunk": 1})
    (table,) = (folder / "control").iterdir()
    whole = table.read_text()
    table.write_text("")
    threading.Timer(0.2, table.write_text, [whole]).start()
    assert queue.channel.get_table(queue.queue.name)
    table.write_text("")
    with pytest.raises(queue.Empty):
        queue.channel.get_table(queue.queue.name)
