"""The simulated Spotify in a process of its own, and what only a test may ask of it."""

import json
import subprocess
import urllib.request


class Simulator:
    """`reprise sim` on a free port, its time pushed by the test; gone at the end."""

    def __init__(self, reprise, client, secret, names):
        self._reprise = reprise
        self._client = {"id": client, "secret": secret, "developer": "story", "world": "extended"}
        self._names = names

    def __enter__(self):
        self._process = subprocess.Popen(
            [self._reprise, "sim", "--bind", "127.0.0.1:0", "--world", "extended"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in self._process.stdout:
            if "listening on " in line:
                self.url = line.split("listening on ")[1].strip()
                break
        else:
            raise RuntimeError("the simulated Spotify did not start")
        self.ask("POST", "/clients", self._client)
        for name in self._names:
            self.ask("POST", "/users", {"id": name.lower(), "display_name": name})
        self.ask("PATCH", "/clock", {"mode": "pushed"})
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def ask(self, method, path, body=None):
        """One of the controls under /_sim."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_sim{path}", data, {"content-type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=90) as answer:
            return json.loads(answer.read() or b"null")

    def push(self, seconds):
        """Moves time on, as soon as everybody who takes part is idle."""
        self.ask("POST", "/clock/advance", {"by_ms": seconds * 1000, "timeout_ms": 60_000})

    def calls(self, endpoint):
        """Calls of an endpoint so far, oldest first."""
        return [it for it in self.ask("GET", "/log?after=0") if it["endpoint"] == endpoint]

    def fired(self):
        """How often faults have hit."""
        return sum(it["fired"] for it in self.ask("GET", "/faults"))

    def archived(self, name):
        """Recordings in a listener's archive playlist, as Spotify really has it."""
        truth = self.ask("GET", f"/truth/{name.lower()}")
        archives = [it for it in truth["playlists"] if it["name"] == "Discover Weekly Archive"]
        assert len(archives) <= 1, f"{name} has {len(archives)} archives"
        return [it["recording"] for archive in archives for it in archive["items"]]

    def readable(self, name):
        """Recordings of a listener's Discover Weekly, each once, in order."""
        truth = self.ask("GET", f"/truth/{name.lower()}")
        entries = [it for list_ in truth["discover_weekly"]["generations"] for it in list_["entries"]]
        return list(dict.fromkeys(it["recording"] for it in entries if it["uri"] and it["recording"] is not None))

    def links(self, first, count):
        """Links of tracks of the catalogue, by number."""
        tracks = self.ask("GET", f"/tracks?from={first}&count={count}")
        return ["https://open.spotify.com/track/" + it["uri"].rpartition(":")[2] for it in tracks]
