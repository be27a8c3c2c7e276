"""A worker that hangs is ended by Lambda's own runtime emulator, and the next one goes on from there.

The Runtime API here is AWS's own (it comes with sam), and so are its time-outs.
"""

import json
import os
import signal
import socket
import subprocess
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from simulator import Simulator
from stack import Emulator
from test_story import ADD, BOOTSTRAP, CLIENT, LEASES, REPRISE, ROOT, SECRET, House

TIMEOUT = 30


def runtime_emulator():
    """AWS's emulator of the Runtime API for this machine."""
    name = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}[os.uname().machine]
    return next((ROOT / "target/aws/sam/lib").glob(f"python3*/site-packages/samcli/local/rapid/{name}"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Runtime:
    """One function under the runtime emulator."""

    def __init__(self, house, function):
        client = house.stack.emulator.client("lambda")
        name = house.stack.resources[function]
        told = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self.port = free_port()
        self._log = (house.stack.emulator.folder / "runtime.log").open("wb")
        self._process = subprocess.Popen(
            [
                runtime_emulator(),
                "--runtime-interface-emulator-address",
                f"127.0.0.1:{self.port}",
                "--runtime-api-address",
                f"127.0.0.1:{free_port()}",
                BOOTSTRAP,
            ],
            env={"PATH": os.environ["PATH"]}
            | house.stack.emulator.environment
            | told
            | {"AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT), "AWS_LAMBDA_FUNCTION_NAME": name},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def bootstrap(self):
        """The process of our function."""
        children = []
        # Each of the emulator's threads has children of its own.
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            children += (thread / "children").read_text().split()
        return next(int(it) for it in children if os.readlink(f"/proc/{it}/exe") == str(BOOTSTRAP))

    def invoke(self, event):
        """Hands the function an event; answers what comes of it, in text."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, json.dumps(event).encode()), timeout=120) as answer:
            return answer.read().decode()


class TimeOuts(unittest.TestCase):
    def test_a_worker_that_hangs_is_ended_and_the_next_goes_on(self):
        with Emulator() as emulator, Simulator(REPRISE, CLIENT, SECRET, ["Ida"]) as spotify:
            house = House(emulator, spotify)
            house.workers(False)
            house.sign_up(["Ida"])
            # It hangs where Spotify has the tracks, and nobody has been told.
            spotify.ask("POST", "/faults", {"on": ADD, "when": {"next": 1}, "kind": {"hold_after": {"ms": 8_000}}})
            with Runtime(house, "ArchiveWorker") as runtime:
                said = self.hang(house, runtime)
                self.assertIn(f"Task timed out after {TIMEOUT}.00 seconds", said)
                for _ in range(8):
                    spotify.push(LEASES)
                    for event in self.events(house):
                        self.assertEqual(json.loads(runtime.invoke(event)), {"batchItemFailures": []})
            self.assertEqual(spotify.archived("Ida"), spotify.readable("Ida"))
            self.assertEqual(len(spotify.calls(ADD)), 1, "what had been added was found, and not added again")

    def hang(self, house, runtime):
        """Lets workers work until one adds a week, and stops that one; answers what Lambda said of it."""
        for event in self.events(house):
            with ThreadPoolExecutor(1) as beside:
                answer = beside.submit(runtime.invoke, event)
                house.eventually(lambda: answer.done() or house.spotify.fired(), "the worker adds or is done")
                if not answer.done():
                    os.kill(runtime.bootstrap(), signal.SIGSTOP)
                    return answer.result()
        raise AssertionError("nobody has added a week")

    def events(self, house):
        """What a tick puts into the queue, as Lambda hands it to workers; it is taken out."""
        house.tick()
        while found := house.sqs.receive_message(QueueUrl=house.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                house.sqs.delete_message(QueueUrl=house.queue, ReceiptHandle=message["ReceiptHandle"])
                record = {"messageId": message["MessageId"], "body": message["Body"], "eventSource": "aws:sqs"}
                yield {"Records": [record]}


if __name__ == "__main__":
    unittest.main(verbosity=2)
