// Stories of newcomers, told to the built binary in a real browser.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { launch } from "./browser.mjs";
import { startReprise, startSpotify } from "./house.mjs";
import { pictures, readmePicture, settle } from "./picture.mjs";
import { secretsTold, witness } from "./witness.mjs";

const browser = await launch();
after(() => browser.close());

/** One story: a fresh Reprise, and a browser that has never seen it. */
function story(name, tell, { settings = async () => ({}), ...options } = {}) {
  test(name, { timeout: 300_000 }, async () => {
    const { stop = () => {}, ...env } = await settings();
    const house = await startReprise(env);
    const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
    // Two busy cores are slow to draw.
    context.setDefaultTimeout(60_000);
    const seen = witness(context, house);
    try {
      await tell(await context.newPage(), house, context);
      assert.deepEqual(await seen.findings(), []);
    } finally {
      await context.close();
      const code = await house.stop();
      await stop();
      assert.equal(code, 0, "the server ends well when asked to");
    }
  });
}

/** Opens the link, connects, and agrees at the simulated Spotify as `name`. */
async function signUp(page, house, name) {
  await page.goto(house.link);
  await page.getByRole("button", { name: "Connect Spotify" }).click();
  await agree(page, name);
  await page.waitForURL((url) => url.origin === house.url && url.pathname === "/");
}

async function agree(page, name) {
  await page.getByRole("heading", { name: "Simulated Spotify" }).waitFor();
  await page.getByLabel(name).check();
  await page.getByRole("button", { name: "Agree" }).click();
}

/** Reloads until `is(page)` holds: what Reprise does in the background shows when it is done. */
async function reloadUntil(page, is, what) {
  for (let tries = 0; tries < 40; tries += 1) {
    if (await is()) return;
    await page.waitForTimeout(250);
    await page.reload();
  }
  assert.fail(`waited in vain: ${what}`);
}

/** Every cover on the page is drawn. */
async function coversAreDrawn(page) {
  await settle(page);
  const widths = await page.locator("img.cover").evaluateAll((images) => images.map((image) => image.naturalWidth));
  assert.ok(widths.length >= 6, `${widths.length} covers`);
  assert.ok(widths.every((width) => width > 0), "a cover did not load");
}

const cards = (page) => page.locator("li.week");

story("a listener with three weeks behind them finds them all", async (page, house) => {
  const wrong = [];
  const look = async (name) => wrong.push(...(await pictures(page, name)));
  await page.goto(house.url);
  await look("landing");
  await page.goto(house.link);
  await look("signup");
  await signUp(page, house, "Ada");
  await page.getByRole("heading", { level: 1, name: "This week’s set" }).waitFor();
  await page.getByText("A simulated Spotify with made-up listeners").waitFor();
  await coversAreDrawn(page);
  await look("home");

  await page.getByRole("link", { name: "Archive", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Archive" }).waitFor();
  const weeks = await cards(page).allInnerTexts();
  assert.ok(weeks.length >= 3, `the archive shows ${weeks.length} weeks`);
  for (const week of weeks) assert.match(week, /\d+ of \d+/);
  await coversAreDrawn(page);
  await look("archive");
  await readmePicture(page);
  await page.setViewportSize({ width: 1280, height: 800 });

  await cards(page).nth(1).getByRole("link").first().click();
  await page.getByRole("list", { name: "Tracks" }).waitFor();
  const tracks = page.getByRole("list", { name: "Tracks" }).getByRole("listitem");
  assert.ok((await tracks.count()) >= 25, "a week has its tracks");
  await coversAreDrawn(page);
  assert.match(await tracks.first().getByRole("link").first().getAttribute("href"), /^https:\/\/open\.spotify\.com\/track\//);
  await look("week");

  await page.getByRole("link", { name: "Status" }).first().click();
  await page.getByRole("heading", { name: "Checklist" }).waitFor();
  await look("status");
  await page.getByRole("button", { name: "Check again" }).click();
  await page.getByRole("heading", { name: "Checklist" }).waitFor();
  assert.deepEqual(wrong, []);
});

story("a new listener settles in, pastes, invites, and leaves without a trace", async (page, house, context) => {
  const wrong = [];
  const look = async (name) => wrong.push(...(await pictures(page, name)));
  await signUp(page, house, "Emil");
  await look("home-new");
  await reloadUntil(page, async () => (await page.locator("ul.places img").count()) > 20, "the first week");
  await look("home-first-week");

  // The checklist has looked at what works.
  await page.goto(`${house.url}/status`);
  await reloadUntil(page, async () => (await page.getByText("being checked").count()) === 0, "the checklist");
  await look("status-new");

  // Settings stay as saved.
  await page.goto(`${house.url}/settings`);
  await look("settings");
  await page.getByLabel("Name of the playlist").fill("Emils Wochen");
  await page.getByLabel("Time zone").fill("Pacific/Auckland");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").waitFor();
  assert.equal(await page.getByLabel("Name of the playlist").inputValue(), "Emils Wochen");
  assert.match(await page.locator("footer").innerText(), /Pacific\/Auckland/);

  // A paste says what it understood, then adds that.
  const links = await spotifyTracks(house, 3);
  await page.goto(`${house.url}/archive`);
  await page.getByLabel("Track links").fill([...links, "this is no track", links[0]].join("\n"));
  await page.getByRole("button", { name: "Check the links" }).click();
  await page.getByRole("heading", { level: 1, name: "3 tracks recognised" }).waitFor();
  await page.getByRole("listitem").filter({ hasText: "this is no track" }).waitFor();
  await look("paste");
  await page.getByRole("button", { name: /^Add 3 tracks/ }).click();
  await page.waitForURL((url) => url.pathname === "/archive");
  await page.getByRole("status").waitFor();
  const isThere = async () => /3 of \d+.*pasted/.test(await cards(page).first().innerText());
  await reloadUntil(page, isThere, "the pasted tracks");
  await look("archive-pasted");

  // An invitation opens the door to somebody else.
  await page.goto(`${house.url}/admin`);
  await page.getByLabel("For whom").fill("Björk");
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = (await page.locator("#new-link").innerText()).trim();
  assert.ok(link.startsWith(`${house.url}/signup/`), link);
  await look("admin");
  const theirs = await (await browser.newContext()).newPage();
  await signUp(theirs, { ...house, link }, "Björk Ólafsdóttir");
  await theirs.goto(link);
  await theirs.getByRole("heading", { name: "This link has been used" }).waitFor();
  await theirs.context().close();

  // Leaving erases all, and the session with it.
  await page.goto(`${house.url}/settings`);
  await page.getByRole("link", { name: /Disconnect and delete/ }).click();
  await look("disconnect");
  await page.getByLabel("I want all of this erased").check();
  await page.getByRole("button", { name: "Disconnect and delete" }).click();
  await page.getByText(/erased|deleted/i).first().waitFor();
  await look("deleted");
  await page.goto(`${house.url}/archive`);
  assert.equal(await cards(page).count(), 0);
  assert.deepEqual((await context.cookies()).filter(({ value }) => value !== ""), []);
  assert.deepEqual(wrong, []);
});

/** Links of tracks that the simulated Spotify has. */
async function spotifyTracks(house, count) {
  const answer = await fetch(`${house.spotify}/_sim/tracks?from=900&count=${count}`);
  const tracks = await answer.json();
  return tracks.map(({ uri }) => `https://open.spotify.com/track/${uri.split(":").pop()}`);
}

story("who has only a keyboard signs up and reads a week", async (page, house) => {
  const press = async (name) => {
    for (let tabs = 0; tabs < 60; tabs += 1) {
      await page.keyboard.press("Tab");
      const on = await page.evaluate(() => {
        const { activeElement: on } = document;
        return { words: (on.labels?.[0] ?? on).textContent.trim(), ring: getComputedStyle(on).outlineStyle };
      });
      if (on.words.startsWith(name)) return on;
    }
    return assert.fail(`no key leads to ${name}`);
  };
  await page.goto(house.link);
  const connect = await press("Connect Spotify");
  assert.notEqual(connect.ring, "none", "one sees where one is");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Simulated Spotify" }).waitFor();
  // Ada is chosen already; arrows would choose another.
  await press("Ada");
  await press("Agree");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.origin === house.url && url.pathname === "/");
  await press("Skip to content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.goto(`${house.url}/archive`);
  await press("This week");
  await press("Archive");
  await press("Status");
  await press("Account of");
  await page.keyboard.press("Enter");
  await press("Settings");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/settings");
});

story(
  "all of it works where no script runs",
  async (page, house) => {
    await signUp(page, house, "Ada");
    await page.goto(`${house.url}/archive`);
    assert.ok((await cards(page).count()) >= 3);
    await page.getByLabel("Track links").fill("nothing of use");
    await page.getByRole("button", { name: "Check the links" }).click();
    await page.getByRole("heading", { name: "No track was recognised" }).waitFor();
    await page.goto(`${house.url}/settings`);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").waitFor();
    await page.locator("details.account summary").click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.goto(`${house.url}/archive`);
    assert.equal(await cards(page).count(), 0);
  },
  { javaScriptEnabled: false },
);

story(
  "with an app of one's own, and Spotify somewhere else, the same works",
  async (page, house) => {
    await signUp(page, house, "Ada");
    assert.equal(await page.locator("aside.demo").count(), 0, "this is no demo");
    await reloadUntil(page, async () => (await page.locator("ul.places img").count()) > 20, "the first week");
    await page.goto(`${house.url}/archive`);
    assert.equal(await cards(page).count(), 1);
    await coversAreDrawn(page);
    await page.goto(`${house.url}/status`);
    await reloadUntil(page, async () => (await page.getByText("all that is known works").count()) > 0, "the checklist");
  },
  {
    settings: async () => {
      const spotify = await startSpotify("extended");
      return {
        SPOTIFY_CLIENT_ID: "story",
        SPOTIFY_CLIENT_SECRET: "canary-client-secret",
        SPOTIFY_API_URL: `${spotify.url}/v1`,
        SPOTIFY_ACCOUNTS_URL: spotify.url,
        stop: spotify.stop,
      };
    },
  },
);

story(
  "where Spotify shows no Discover Weekly, the page says what to do instead",
  async (page, house) => {
    await signUp(page, house, "Ada");
    await page.goto(`${house.url}/status`);
    await reloadUntil(page, async () => (await page.getByText("being checked").count()) === 0, "the checklist");
    const wrong = await pictures(page, "status-development");
    await page.goto(house.url);
    wrong.push(...(await pictures(page, "home-development")));
    assert.match(await page.locator("main").innerText(), /paste|copy|inbox/i);
    assert.deepEqual(wrong, []);
  },
  {
    settings: async () => {
      const spotify = await startSpotify("development");
      return {
        SPOTIFY_CLIENT_ID: "story",
        SPOTIFY_CLIENT_SECRET: "canary-client-secret",
        SPOTIFY_API_URL: spotify.url,
        SPOTIFY_ACCOUNTS_URL: spotify.url,
        stop: spotify.stop,
      };
    },
  },
);

test("nothing that was said gives a secret away", () => {
  assert.deepEqual(secretsTold(), []);
});
