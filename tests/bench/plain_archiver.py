"""Archives Discover Weekly as a plain script does: the yardstick of `make bench`.

Finds the list by its name, reads it, reads the whole archive to see what is missing, adds that.
Logins are spotipy's cache files, one a listener, in a directory. It has no memory of its own, no
second look, no retry beyond spotipy's; that is what makes it plain.
"""

import argparse
import json
import resource
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import spotipy
from spotipy.cache_handler import CacheFileHandler
from spotipy.oauth2 import SpotifyOAuth

SCOPES = "playlist-read-private playlist-modify-private playlist-modify-public"
SOURCE = "Discover Weekly"
ARCHIVE = "Discover Weekly Archive"

warnings.filterwarnings("ignore", category=DeprecationWarning)


def client(spotify, login):
    class OAuth(SpotifyOAuth):
        OAUTH_AUTHORIZE_URL = f"{spotify}/authorize"
        OAUTH_TOKEN_URL = f"{spotify}/api/token"

    auth = OAuth(
        client_id="plain",
        client_secret="plain-secret",
        redirect_uri="http://127.0.0.1:9090/callback",
        scope=SCOPES,
        cache_handler=CacheFileHandler(cache_path=login),
        open_browser=False,
    )
    api = spotipy.Spotify(auth_manager=auth)
    api.prefix = f"{spotify}/v1/"
    return api


def pages(api, page):
    while page:
        yield from page["items"]
        page = api.next(page) if page["next"] else None


def uris(api, playlist):
    fields = "next,items(track(uri))"
    items = pages(api, api.playlist_items(playlist, fields=fields, limit=50))
    return [item["track"]["uri"] for item in items if item["track"]]


def archive(api):
    by_name = {}
    for playlist in pages(api, api.current_user_playlists(limit=50)):
        if playlist:
            by_name.setdefault(playlist["name"], playlist["id"])
    weekly = uris(api, by_name[SOURCE])
    if ARCHIVE in by_name:
        target = by_name[ARCHIVE]
        held = set(uris(api, target))
    else:
        me = api.current_user()["id"]
        target = api.user_playlist_create(me, ARCHIVE, public=False)["id"]
        held = set()
    missing = [uri for uri in dict.fromkeys(weekly) if uri not in held]
    for start in range(0, len(missing), 100):
        api.playlist_add_items(target, missing[start : start + 100])
    return len(missing)


def say(word):
    """What the process has used so far, for whoever measures it."""
    status = Path("/proc/self/status").read_text()
    memory = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if "kB" in line}
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_ms = round(1000 * (used.ru_utime + used.ru_stime))
    told = {"rss_kb": int(memory["VmRSS"]), "peak_kb": int(memory["VmHWM"]), "cpu_ms": cpu_ms}
    print(word, json.dumps(told), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spotify", help="URL of the simulated Spotify")
    parser.add_argument("logins", type=Path, help="directory of spotipy's cache files")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    logins = sorted(args.logins.glob("*.json"))
    say("ready")

    def run(login):
        return archive(client(args.spotify, login))

    if args.threads > 1:
        with ThreadPoolExecutor(args.threads) as pool:
            added = list(pool.map(run, logins))
    else:
        added = [run(login) for login in logins]
    assert len(added) == len(logins)
    say("done")


if __name__ == "__main__":
    main()
