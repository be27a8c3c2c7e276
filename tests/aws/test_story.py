"""Three listeners' weeks on the deployed stack: signed up in a real browser, archived exactly once,
although a worker is killed in the middle, a message comes twice and another makes no sense.

The real artefact runs in an AWS on loopback that enforces roles; Spotify is simulated, and its time is
pushed. Built before: target/release/reprise-lambda, and target/debug/reprise with the feature `aws`.
"""

import json
import os
import subprocess
import time
import unittest

import template
from simulator import Simulator
from stack import Emulator, Stack

ROOT = template.ROOT
REPRISE = ROOT / "target/debug/reprise"
BOOTSTRAP = ROOT / "target/release/reprise-lambda"
CLIENT, SECRET = "story", "CANARY-client-secret"
NAMES = ["Ida", "Jon", "Kim"]
# How secrets of the simulated Spotify begin, and our own.
CANARIES = ["BQsim-at-", "AQsim-rt-", "AQsim-code-", SECRET]
ADD = "POST /v1/playlists/{id}/items"
# A run's lease, and a claim's in the queue, are over after this.
LEASES = 16 * 60


class House:
    """A stack with its simulated Spotify."""

    def __init__(self, emulator, spotify, written=None):
        self.spotify = spotify
        self.stack = Stack(emulator)
        self.stack.put_secret(SECRET)
        self.stack.deploy(
            BOOTSTRAP,
            written,
            ArchiveSchedule="rate(1 minute)",
            SpotifyClientId=CLIENT,
            SpotifyApiUrl=f"{spotify.url}/v1",
            SpotifyAccountsUrl=spotify.url,
        )
        for function in ("Web", "ArchiveDispatcher", "ArchiveWorker"):
            self.stack.set_environment(function, REPRISE_TEST_CLOCK=spotify.url)
        self.queue = self.stack.resources["ArchiveQueue"]
        # What comes back from a dead worker comes back at once.
        self.sqs = emulator.client("sqs")
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"VisibilityTimeout": "2"})
        self.mapping = emulator.client("lambda").list_event_source_mappings(
            FunctionName=self.stack.resources["ArchiveWorker"]
        )["EventSourceMappings"][0]["UUID"]

    def workers(self, enabled):
        """Lets workers take messages, or not."""
        client = self.stack.emulator.client("lambda")
        client.update_event_source_mapping(UUID=self.mapping, Enabled=enabled)

    def command(self, *args):
        """The operator's command line on the deployed table; answers its standard output."""
        outputs = self.stack.outputs
        settings = {
            "DATABASE_URL": f"dynamodb:{outputs['TableName']}",
            "REPRISE_BASE_URL": outputs["SiteUrl"],
            "REPRISE_DEPLOYMENT": self.stack.name,
            "REPRISE_KEY_ID": outputs["KeyArn"],
            "REPRISE_TEST_CLOCK": self.spotify.url,
        }
        ran = subprocess.run(
            [REPRISE, *args],
            env={"PATH": os.environ["PATH"]} | self.stack.emulator.environment | settings,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if ran.returncode:
            raise AssertionError(f"reprise {' '.join(args)}: {ran.stderr}")
        return ran.stdout

    def sign_up(self, names):
        """Each with a one-time link, in a browser; answers what the pages said."""
        listeners = [{"link": self.command("invite").splitlines()[0], "name": name} for name in names]
        ran = subprocess.run(
            ["node", ROOT / "tests/browser/connect.mjs"],
            input=json.dumps({"proxy": self.stack.emulator.front.url, "listeners": listeners}),
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            raise AssertionError(f"the browser: {ran.stderr[-3000:]}\n{self.told('Web')}")
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def tick(self):
        """The dispatcher's timer, once more."""
        answer, failed = self.stack.invoke("ArchiveDispatcher", {})
        if failed:
            raise AssertionError(f"the dispatcher: {answer}\n{self.told('ArchiveDispatcher')}")
        return answer

    def waiting(self):
        """How many messages are in the queue, seen or hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)

    def archived(self):
        return {name: self.spotify.archived(name) for name in NAMES}

    def readable(self):
        return {name: self.spotify.readable(name) for name in NAMES}

    def go_on_until(self, is_there, what, rounds=30):
        """Ticks and pushes time on until something holds."""
        for _ in range(rounds):
            if is_there():
                return
            self.tick()
            eventually(lambda: self.waiting() == 0, f"the queue is empty, for {what}")
            self.spotify.push(150)
        raise AssertionError(f"waited in vain: {what}\n{self.told('ArchiveWorker')}")

    def told(self, function):
        """The last lines of a function's log."""
        return "\n".join(self.stack.logs(function)[-30:])


def eventually(holds, what, seconds=120):
    """Asks again and again, in real time: the emulator's timers run in it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {what}")


class TheStack(unittest.TestCase):
    def test_three_weeks_are_archived_exactly_once(self):
        with Emulator() as emulator, Simulator(REPRISE, CLIENT, SECRET, NAMES) as spotify:
            house = House(emulator, spotify)
            stack, sqs, queue = house.stack, house.sqs, house.queue
            self.assertEqual(stack.outputs["RedirectUri"], stack.outputs["SiteUrl"].rstrip("/") + "/auth/spotify/callback")

            # Messages pile up while no worker takes them.
            house.workers(False)
            pages = house.sign_up(NAMES)
            self.assertEqual([it["name"] for it in pages], NAMES)

            # The schedule itself calls the dispatcher, in real time.
            eventually(lambda: house.waiting() > 0, "the schedule has claimed the new listeners' work")
            house.tick()
            body = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"][0]["Body"]
            sqs.send_message(QueueUrl=queue, MessageBody=body)
            sqs.send_message(QueueUrl=queue, MessageBody="no claims at all")

            # Whoever adds first dies right after it, before it can say so.
            stack.set_environment("ArchiveWorker", REPRISE_TEST_KILL="archive.sent:1")
            house.workers(True)
            eventually(lambda: spotify.calls(ADD), "a worker has added a week and died of it")
            stack.set_environment("ArchiveWorker", REPRISE_TEST_KILL="")
            eventually(lambda: house.waiting() == 0, "messages have come back, been done, or been given up")
            added = len(spotify.calls(ADD))
            self.assertTrue(any(not it for it in house.archived().values()) or added >= 1)

            spotify.push(LEASES)
            house.go_on_until(lambda: house.archived() == house.readable(), "every week is archived")
            # Whatever is still under way settles, and changes nothing.
            for _ in range(3):
                house.tick()
                eventually(lambda: house.waiting() == 0, "the queue is empty")
                spotify.push(LEASES)
            self.assertEqual(house.archived(), house.readable())
            self.assertTrue(all(len(it) >= 25 for it in house.archived().values()))
            self.assertEqual(stack.dead_letters(), ["no claims at all"])

            # A week later all of it happens by itself.
            spotify.push(7 * 24 * 3600)
            house.go_on_until(lambda: house.archived() == house.readable(), "the next week is archived")
            self.assertEqual([it for it in stack.denied()], [])
            self.assertEqual(stack.unused(), [])
            logs = "\n".join(line for it in ("Web", "ArchiveDispatcher", "ArchiveWorker") for line in stack.logs(it))
            self.assertEqual([it for it in CANARIES if it in logs], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
