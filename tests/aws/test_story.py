"""Three listeners' weeks on the deployed stack: signed up in a real browser, archived exactly once,
although a worker is killed in the middle, a message comes twice and another makes no sense.

The real artefact runs in an AWS on loopback that enforces roles; Spotify is simulated, and its time is
pushed. tests/bin/aws-story builds what is run here.
"""

import copy
import json
import os
import signal
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import rights
import template
from simulator import Simulator
from stack import Emulator, Stack
from up import without

ROOT = template.ROOT
REPRISE = ROOT / "target/aws/bin/reprise"
BOOTSTRAP = ROOT / "target/aws/bin/reprise-lambda"
CLIENT, SECRET = "story", "CANARY-client-secret"
NAMES = ["Ida", "Jon", "Kim"]
FUNCTIONS = ("Web", "ArchiveDispatcher", "ArchiveWorker")
# How secrets of the simulated Spotify begin, and our own.
CANARIES = ["BQsim-at-", "AQsim-rt-", "AQsim-code-", SECRET]
# What a schedule sends, as far as anybody reads it.
TICK = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}"}
ADD = "POST /v1/playlists/{id}/items"
# A run's lease, and a claim's in the queue, are over after this.
LEASES = 16 * 60
WEEK = 7 * 24 * 3600


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
        for function in FUNCTIONS:
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
            "SPOTIFY_API_URL": f"{self.spotify.url}/v1",
            "SPOTIFY_ACCOUNTS_URL": self.spotify.url,
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

    def visit(self, *visits):
        """What listeners do in a browser (see deployed.mjs); answers what each visit's pages said."""
        site = self.stack.outputs["SiteUrl"].rstrip("/")
        ran = subprocess.run(
            ["node", ROOT / "tests/browser/deployed.mjs"],
            input=json.dumps({"proxy": self.stack.emulator.front.url, "site": site, "visits": visits}),
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            raise AssertionError(f"the browser: {ran.stderr[-3000:]}\n{self.told('Web')}")
        return [json.loads(line)["said"] for line in ran.stdout.splitlines()]

    def sign_up(self, names):
        """Each with a one-time link."""
        return self.visit(*({"link": self.command("invite").splitlines()[0], "name": name} for name in names))

    def tick(self):
        """The dispatcher's timer, once more."""
        answer, failed = self.stack.invoke("ArchiveDispatcher", TICK)
        if failed:
            raise AssertionError(f"the dispatcher: {answer}\n{self.told('ArchiveDispatcher')}")
        return answer

    def waiting(self):
        """How many messages are in the queue, seen or hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)

    def eventually(self, holds, what, seconds=120):
        """Asks again and again, in real time: the emulator's timers run in it. A denied right ends it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.stack.denied():
            if holds():
                return
            time.sleep(0.2)
        raise AssertionError(f"waited in vain: {what}; denied {self.stack.denied()}")

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
            self.eventually(lambda: self.waiting() == 0, f"the queue is empty, for {what}")
            self.spotify.push(150)
        raise AssertionError(f"waited in vain: {what}\n{self.told('ArchiveWorker')}")

    def told(self, function):
        """The last lines of a function's log."""
        return "\n".join(self.stack.logs(function)[-30:])


def granting(written, role, action):
    """The template with one action more in the first statement of a role."""
    written = copy.deepcopy(written)
    statement = next(it for name, _, it in rights.statements(written) if name == role and it["Effect"] == "Allow")
    statement["Action"] = [*rights.listed(statement["Action"]), action]
    return written


def tell(test, house):
    """Three listeners' first six weeks."""
    spotify, stack, sqs, queue = house.spotify, house.stack, house.sqs, house.queue
    test.assertEqual(stack.outputs["RedirectUri"], stack.outputs["SiteUrl"].rstrip("/") + "/auth/spotify/callback")

    # Messages pile up while no worker takes them.
    house.workers(False)
    house.sign_up(NAMES)

    # The schedule itself calls the dispatcher, in real time.
    house.eventually(lambda: house.waiting() > 0, "the schedule has claimed the new listeners' work")
    body = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"][0]["Body"]
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    sqs.send_message(QueueUrl=queue, MessageBody="no claims at all")

    # Whoever adds first is killed while they wait for the answer: Spotify has the tracks, the ledger knows
    # only that they were to be sent.
    spotify.ask("POST", "/faults", {"on": ADD, "when": {"next": 1}, "kind": {"hold_after": {"ms": 8_000}}})
    house.workers(True)
    house.eventually(spotify.fired, "a worker has added a week")
    workers = stack.processes("ArchiveWorker")
    test.assertTrue(workers)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    house.eventually(lambda: house.waiting() == 0, "messages have come back, been done, or been given up")

    spotify.push(LEASES)
    house.go_on_until(lambda: house.archived() == house.readable(), "every week is archived")
    # Whatever is still under way settles, and changes nothing.
    for _ in range(3):
        house.tick()
        house.eventually(lambda: house.waiting() == 0, "the queue is empty")
        spotify.push(LEASES)
    test.assertEqual(house.archived(), house.readable())
    test.assertTrue(all(len(it) >= 25 for it in house.archived().values()))
    test.assertEqual(stack.dead_letters(), ["no claims at all"])

    # From then on all of it happens by itself, week by week, until the next key's time has come.
    for week in range(5):
        spotify.push(WEEK)
        house.go_on_until(lambda: house.archived() == house.readable(), f"week {week + 2} is archived")
    # Somebody looks and pastes, somebody leaves; the third does not notice.
    ida, jon = house.visit(
        {"name": "Ida", "paste": spotify.links(900, 3)}, {"name": "Jon", "leave": True}
    )
    test.assertIn("of 30", ida["/archive"])
    test.assertIn("weeks", jon["left"])
    house.go_on_until(lambda: len(house.archived()["Ida"]) == len(house.readable()["Ida"]) + 3, "the paste")
    test.assertEqual(house.archived()["Kim"], house.readable()["Kim"])

    logs = "\n".join(line for it in FUNCTIONS for line in stack.logs(it))
    test.assertEqual([it for it in CANARIES if it in logs], [])


class TheStack(unittest.TestCase):
    def test_three_weeks_are_archived_exactly_once(self):
        with Emulator() as emulator, Simulator(REPRISE, CLIENT, SECRET, NAMES) as spotify:
            house = House(emulator, spotify)
            tell(self, house)
            self.assertEqual(house.stack.denied(), [])
            self.assertEqual(house.stack.unused(template.read()), [])
            # A right that nobody asks for is found.
            idle = ("ArchiveWorkerRole", "dynamodb:Scan")
            self.assertEqual(house.stack.unused(granting(template.read(), *idle)), [idle])


class Rights(unittest.TestCase):
    def test_a_role_that_lacks_a_right_spoils_the_story(self):
        missing = [
            ("WebRole", "kms:Decrypt"),
            ("ArchiveDispatcherRole", "sqs:SendMessage"),
            ("ArchiveWorkerRole", "ssm:GetParameter"),
        ]
        with ThreadPoolExecutor(len(missing)) as side_by_side:
            for (role, action), denied in zip(missing, side_by_side.map(self.spoiled, missing)):
                self.assertEqual({(who, what) for who, what, _ in denied}, {(role, action)})

    def spoiled(self, lacking):
        """Tells the story to a stack that lacks a right; answers what it was denied when the story broke off."""
        with Emulator() as emulator, Simulator(REPRISE, CLIENT, SECRET, NAMES) as spotify:
            house = House(emulator, spotify, without(template.read(), ":".join(lacking)))
            with self.assertRaises(AssertionError, msg=lacking):
                tell(self, house)
            return house.stack.denied()


if __name__ == "__main__":
    unittest.main(verbosity=2)
