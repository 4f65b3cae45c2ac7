"""What is read from a socket: as much as is asked for, and never so much at a stretch that nobody else has a turn."""

import asyncio
import socket

from aggregator.polling.wire import Wire


def test_a_sender_that_is_never_waited_for_does_not_hold_the_loop() -> None:
    """A hundred reads that are answered at once: another task comes to its turn several times meanwhile."""

    async def go() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.sendall(bytes(100_000))
        wire, beside = Wire(ours), asyncio.create_task(other())
        read = [len(await wire.receive(1000)) for _ in range(100)]
        beside.cancel()
        wire.close()
        theirs.close()
        assert read == [1000] * 100
        return turns

    assert asyncio.run(go()) >= 5
