"""Drives a running simulation (its URL in SIM_URL) with spotipy as published.

Only public settings are used: the accounts URLs are class attributes made to be overridden, the
Web API's prefix is an attribute of the client. Run with `python -m unittest` or pytest.
"""

import base64
import os
import unittest
import uuid
import warnings

import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth, SpotifyPKCE

SIM = os.environ["SIM_URL"].rstrip("/")
CALLBACK = "http://127.0.0.1:9090/callback"
SCOPES = (
    "playlist-read-private playlist-modify-public playlist-modify-private ugc-image-upload "
    "user-library-read user-read-playback-state user-read-currently-playing "
    "user-read-recently-played"
)

warnings.filterwarnings("ignore", category=DeprecationWarning)


class SimOAuth(SpotifyOAuth):
    OAUTH_AUTHORIZE_URL = f"{SIM}/authorize"
    OAUTH_TOKEN_URL = f"{SIM}/api/token"


class SimPKCE(SpotifyPKCE):
    OAUTH_AUTHORIZE_URL = f"{SIM}/authorize"
    OAUTH_TOKEN_URL = f"{SIM}/api/token"


class SimCredentials(SpotifyClientCredentials):
    OAUTH_TOKEN_URL = f"{SIM}/api/token"


def control(method, path, body=None):
    answer = requests.request(method, f"{SIM}/_sim/{path}", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def browse(authorize_url, user, **answer):
    """The browser's part of a login: where the listener is sent back to."""
    body = {"authorize_url": authorize_url, "user": user, **answer}
    return control("POST", "consent", body)["location"]


def spotify(auth):
    # Without retries of its own: a refusal is seen as it is.
    client = spotipy.Spotify(
        auth_manager=auth, retries=0, status_retries=0, status_forcelist=[599], requests_timeout=10
    )
    client.prefix = f"{SIM}/v1/"
    return client


class Case(unittest.TestCase):
    world = "extended"

    def setUp(self):
        mark = uuid.uuid4().hex[:8]
        self.client_id, self.user = f"spotipy-{mark}", f"listener-{mark}"
        control("POST", "clients", {"id": self.client_id, "secret": "s", "world": self.world})
        control("POST", "users", {"id": self.user, "locale": "de"})
        self.uris = [t["uri"] for t in control("GET", "tracks?from=100&count=250")]
        self.auth = SimOAuth(
            client_id=self.client_id,
            client_secret="s",
            redirect_uri=CALLBACK,
            scope=SCOPES,
            state="some-state",
            cache_handler=MemoryCacheHandler(),
            open_browser=False,
        )
        self.log_in(self.auth)
        self.api = spotify(self.auth)

    def log_in(self, auth):
        location = browse(auth.get_authorize_url(), self.user)
        code = auth.parse_response_code(location)
        self.assertTrue(code.startswith("AQsim-code-"))
        auth.get_access_token(code, as_dict=False, check_cache=False)

    def held(self, playlist):
        truth = control("GET", f"truth/{self.user}")["playlists"]
        return [i["uri"] for p in truth if p["id"] == playlist for i in p["items"]]

    def refused(self, status, call, *args, **kwargs):
        with self.assertRaises(spotipy.SpotifyException) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.http_status, status)
        return caught.exception


class Login(Case):
    def test_a_denial_is_understood(self):
        location = browse(self.auth.get_authorize_url(), None, deny=True)
        with self.assertRaises(spotipy.SpotifyOauthError) as caught:
            self.auth.parse_response_code(location)
        self.assertEqual(caught.exception.error, "access_denied")

    def test_tokens_are_refreshed_in_every_mode(self):
        for mode in ["none", "same", "rotate_graceful", "rotate_revoking"]:
            control("PATCH", f"clients/{self.client_id}", {"rotation": mode})
            old = self.auth.cache_handler.get_cached_token()
            new = self.auth.refresh_access_token(old["refresh_token"])
            self.assertNotEqual(new["access_token"], old["access_token"])
            self.assertEqual(self.api.current_user()["id"], self.user)

    def test_a_revoked_consent_is_an_invalid_grant(self):
        token = self.auth.cache_handler.get_cached_token()["refresh_token"]
        control("POST", f"users/{self.user}/act", {"revoke_consent": {}})
        with self.assertRaises(spotipy.SpotifyOauthError) as caught:
            self.auth.refresh_access_token(token)
        self.assertEqual(caught.exception.error, "invalid_grant")
        self.assertEqual(caught.exception.error_description, "Refresh token revoked")

    def test_pkce_without_a_secret(self):
        control("PATCH", f"clients/{self.client_id}", {"secret": None})
        auth = SimPKCE(
            client_id=self.client_id,
            redirect_uri=CALLBACK,
            scope=SCOPES,
            cache_handler=MemoryCacheHandler(),
            open_browser=False,
        )
        code = auth.parse_response_code(browse(auth.get_authorize_url(), self.user))
        auth.get_access_token(code, check_cache=False)
        self.assertEqual(spotify(auth).current_user()["id"], self.user)

    def test_client_credentials_read_the_catalogue_only(self):
        auth = SimCredentials(self.client_id, "s", cache_handler=MemoryCacheHandler())
        api = spotify(auth)
        self.assertEqual(api.track(self.uris[0])["uri"], self.uris[0])
        self.refused(401, api.current_user_playlists)


class Extended(Case):
    def test_discover_weekly_is_found_and_read_in_the_old_dialect(self):
        listed = self.api.current_user_playlists()["items"]
        weekly = next(p for p in listed if p["owner"]["id"] == "spotify")
        self.assertEqual(weekly["name"], "Dein Mix der Woche")
        self.assertEqual(weekly["tracks"]["total"], 30)
        playlist = self.api.playlist(weekly["id"])
        tracks = [i["track"]["uri"] for i in playlist["tracks"]["items"]]
        truth = control("GET", f"truth/{self.user}")["discover_weekly"]["generations"][-1]
        self.assertEqual(tracks, [e["shown_uri"] for e in truth["entries"]])

    def test_an_old_playlist_s_life(self):
        made = self.api.user_playlist_create(self.user, "Archive", public=True)
        self.assertEqual(made["owner"]["id"], self.user)
        self.api.playlist_add_items(made["id"], self.uris[:100])
        self.api.playlist_add_items(made["id"], self.uris[100:160])
        page = self.api.playlist_items(made["id"], fields="next,total,items(track(uri))")
        read = page["items"]
        while page["next"]:
            page = self.api.next(page)
            read += page["items"]
        self.assertEqual([i["track"]["uri"] for i in read], self.uris[:160])
        self.api.current_user_unfollow_playlist(made["id"])
        listed = self.api.current_user_playlists()["items"]
        self.assertNotIn(made["id"], [p["id"] for p in listed])
        self.assertEqual(self.held(made["id"]), self.uris[:160])

    def test_batches_search_and_player(self):
        found = self.api.tracks(self.uris[:3])["tracks"]
        self.assertEqual([t["uri"] for t in found], self.uris[:3])
        isrc = found[0]["external_ids"]["isrc"]
        hits = self.api.search(f"isrc:{isrc}", limit=50)["tracks"]["items"]
        self.assertEqual(hits[0]["uri"], self.uris[0])
        self.assertIsNone(self.api.current_playback())
        self.assertEqual(self.api.current_user_recently_played()["items"], [])
        album = self.api.album(found[0]["album"]["id"])
        self.assertIn(self.uris[0], [t["uri"] for t in album["tracks"]["items"]])
        self.assertEqual(self.api.artist(found[0]["artists"][0]["id"])["type"], "artist")


class Development(Case):
    world = "development"

    def test_discover_weekly_is_out_of_reach(self):
        listed = self.api.current_user_playlists()
        self.assertEqual((listed["total"], listed["items"]), (1, [None]))
        weekly = control("GET", f"truth/{self.user}")["discover_weekly"]["id"]
        self.refused(404, self.api.playlist, weekly)
        self.refused(404, self.api.playlist_items, weekly)

    def test_a_new_playlist_s_life(self):
        made = self.api.current_user_playlist_create("Archive", description="of mine")
        self.api.playlist_add_items(made["id"], self.uris[:3])
        self.api.playlist_add_items(made["id"], self.uris[3:4], position=0)
        self.api.playlist_reorder_items(made["id"], range_start=0, insert_before=4)
        self.assertEqual(self.held(made["id"]), self.uris[:4])
        page = self.api.playlist_items(made["id"])
        self.assertEqual([i["item"]["uri"] for i in page["items"]], self.uris[:4])
        self.assertNotIn("track", page["items"][0])
        self.api.playlist_remove_all_occurrences_of_items(made["id"], self.uris[:1])
        self.api.playlist_change_details(made["id"], name="Renamed")
        jpeg = base64.b64encode(b"\xff\xd8\xff\xe0picture").decode()
        self.api.playlist_upload_cover_image(made["id"], jpeg)
        self.assertEqual(len(self.api.playlist_cover_image(made["id"])), 3)
        read = self.api.playlist(made["id"])
        self.assertEqual((read["name"], read["items"]["total"]), ("Renamed", 3))
        self.assertNotIn("tracks", read)
        self.api.playlist_replace_items(made["id"], self.uris[9:10])
        self.assertEqual(self.held(made["id"]), self.uris[9:10])

    def test_what_is_removed_is_forbidden(self):
        self.refused(403, self.api.user_playlist_create, self.user, "Archive")
        self.refused(403, self.api.tracks, self.uris[:2])
        self.refused(400, self.api.search, "x", limit=11)
        too_many = self.refused(
            400,
            self.api.playlist_add_items,
            self.api.current_user_playlist_create("Archive")["id"],
            self.uris[:101],
        )
        self.assertIn("maximum of 100", too_many.msg)

    def test_a_quota_is_told_by_its_reason(self):
        control("PATCH", f"clients/{self.client_id}", {"developer": self.client_id})
        limits = {"developer_limits": {self.client_id: {"per_day": 1, "retry_after": "huge"}}}
        control("PATCH", "settings", limits)
        self.api.current_user()
        spent = self.refused(429, self.api.current_user)
        self.assertEqual(spent.reason, "QUOTA_EXCEEDED")
        self.assertEqual(spent.headers["Retry-After"], "86000")


if __name__ == "__main__":
    unittest.main()
