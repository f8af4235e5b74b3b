"""`GET /live`: server-sent events to every open browser, in the event loop of the web process.

One connection listens for the whole process. News are gathered for a moment and judged together, in a thread of their
own, for all who listen; what somebody has not been sent yet is added up, so a slow line holds nothing but one word.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection as django_connection
from django.db import reset_queries

from pheu.core import environment
from pheu.core.gateway import Receive, Send, until_gone
from pheu.notifications.live import CHANNEL, Judgement, Word, judge

GATHER = 0.05  # seconds in which news are judged together
BEAT = 20.0  # seconds between two signs of life, by which a browser knows that the line holds
LOOK_EVERY = 30.0  # seconds after which sessions are looked at though nothing has happened
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds before the database is asked again
MOST = 1000  # open streams of one process
REMEMBERED = 15.0  # seconds for which news are kept for pages that were drawn before and listen only now
RETRY = b"retry: 2000\n\n"
HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # of proxies that would keep it to themselves
]

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Listener:
    """One open stream: whose, of which session, and what it has still to be sent."""

    person: int
    session: str
    word: Word = field(default_factory=Word)
    is_over: bool = False
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, word: Word) -> None:
        if word:
            self.word.add(word)
            self.awake.set()

    def end(self) -> None:
        self.is_over = True
        self.awake.set()

    def take(self) -> Word:
        self.awake.clear()
        word, self.word = self.word, Word()
        return word


class Live:
    """The stream of one web process."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.news: list[Mapping[str, Any]] = []
        self.has_news = asyncio.Event()
        self.recent: deque[tuple[float, Mapping[str, Any]]] = deque(maxlen=500)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="live")
        self.tasks: list[asyncio.Task[None]] = []
        self.is_stopping = False

    async def start(self) -> None:
        self.has_news = asyncio.Event()
        self.tasks = [asyncio.create_task(one) for one in (self._listen(), self._deliver())]

    async def stop(self) -> None:
        """End every stream; browsers come again, to whoever is there then."""
        self.is_stopping = True
        for task in self.tasks:
            task.cancel()
        for one in list(self.listeners):
            one.end()

    # Sending ----------------------------------------------------------------------------------------------------------

    async def run(self, who: dict[str, Any], receive: Receive, send: Send) -> None:
        """Send to one browser until it leaves, its session ends, or the server stops."""
        if self.is_stopping or len(self.listeners) >= MOST:
            await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"10")]})
            await send({"type": "http.response.body", "body": b""})
            return
        one = Listener(who["person"], who["session"])
        self.listeners.add(one)
        leaving = asyncio.create_task(self._until_gone(one, receive))
        try:
            await self._catch_up(one, who["since"])
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await self._write(send, RETRY + b"event: beat\ndata:\n\n")
            while not one.is_over:
                await self._send_next(one, send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.listeners.discard(one)
            leaving.cancel()

    async def _catch_up(self, one: Listener, since: float | None) -> None:
        """What has happened since the page was drawn, for which it listens only now."""
        oldest = time.time() - REMEMBERED
        missed = [news for at, news in self.recent if since is not None and at > max(since, oldest)]
        if missed:
            loop = asyncio.get_running_loop()
            judged = await loop.run_in_executor(self.thread, _judge, missed, {one.session: one.person})
            one.hear(judged.words.get(one.person, Word()))

    async def _send_next(self, one: Listener, send: Send) -> None:
        try:
            await asyncio.wait_for(one.awake.wait(), BEAT)
        except TimeoutError:
            await self._write(send, b"event: beat\ndata:\n\n")
            return
        if (word := one.take()) and not one.is_over:
            await self._write(send, word.text.encode())

    @staticmethod
    async def _write(send: Send, text: bytes) -> None:
        await send({"type": "http.response.body", "body": text, "more_body": True})

    @staticmethod
    async def _until_gone(one: Listener, receive: Receive) -> None:
        await until_gone(receive)
        one.end()

    # Hearing ----------------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Hear what transactions tell, over a connection of its own; come again whenever it is lost."""
        pause, was_lost = FIRST_PAUSE, False
        while not self.is_stopping:
            try:
                given: Any = {**environment.connection(settings.PHEU_HOME, "live"), "application_name": "pheu live"}
                async with await psycopg.AsyncConnection.connect(**given, autocommit=True) as heard:
                    await heard.execute(f"listen {CHANNEL}")
                    if was_lost:  # whatever was told meanwhile
                        self._tell_all(Word(missed=True, bell=True))
                    pause, was_lost = FIRST_PAUSE, False
                    await self._hear(heard)
            except (psycopg.Error, OSError) as error:
                log.warning("The live stream has lost its database: %s", error)
            was_lost = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _hear(self, heard: psycopg.AsyncConnection) -> None:
        while True:
            async for notice in heard.notifies(timeout=LOOK_EVERY):
                told = json.loads(notice.payload)
                self.news.append(told)
                self.recent.append((time.time(), told))
                self.has_news.set()
            await heard.execute("select 1")  # a line that died without a word is found so
            self.has_news.set()

    async def _deliver(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.has_news.wait()
            await asyncio.sleep(GATHER)
            self.has_news.clear()
            news, self.news = self.news, []
            listening = {one.session: one.person for one in self.listeners}
            if not listening:
                continue
            try:
                judged = await loop.run_in_executor(self.thread, _judge, news, listening)
            except Exception:  # the database is away: everybody looks for themselves when it is back
                log.warning("News could not be judged", exc_info=True)
                self._tell_all(Word(missed=True, bell=True))
                continue
            for one in list(self.listeners):
                if one.session in judged.ended:
                    one.end()
                elif one.session in listening:
                    one.hear(judged.words[one.person])

    def _tell_all(self, word: Word) -> None:
        for one in self.listeners:
            one.hear(word)


def _judge(news: list[Mapping[str, Any]], listening: Mapping[str, int]) -> Judgement:
    """In the stream's own thread, which gives its connection back."""
    try:
        return judge(news, listening)
    finally:
        reset_queries()
        django_connection.close()
