// What listeners do on a deployed stack, in a real browser; each visit in one that has never been there.
//
//   echo '{"proxy":URL,"site":URL,"visits":[{"name":NAME,"link":URL,"paste":[LINK],"leave":true}]}' | node deployed.mjs
//
// A visitor with a sign-up link connects Spotify as the simulated listener of that name; one without signs
// in. Then they look at their pages, paste links, or leave for good. Prints what the pages said, a visit a
// line; ends with a reason where something went wrong.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";

import { launch } from "./browser.mjs";

const { proxy, site, visits } = JSON.parse(await text(process.stdin));
const browser = await launch();

async function visit({ name, link, paste, leave }) {
  const context = await browser.newContext({
    // The stand-in for AWS signs its own certificates; Spotify's is on loopback.
    proxy: { server: proxy, bypass: "127.0.0.1" },
    ignoreHTTPSErrors: true,
    locale: "en-GB",
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => {
    // The simulated Spotify has its covers on http; everything else is https, as on AWS.
    if (!message.text().startsWith("Mixed Content: ")) wrong.push(`${page.url()}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${page.url()}: script: ${error.message}`));
  await page.goto(link ?? site);
  await page.getByRole("button", { name: link ? "Connect Spotify" : "Sign in with Spotify" }).click();
  await page.getByRole("heading", { name: "Simulated Spotify" }).waitFor();
  await page.getByLabel(name).check();
  await page.getByRole("button", { name: "Agree" }).click();
  await page.waitForURL((url) => url.origin === site && url.pathname === "/");
  await page.getByRole("heading", { level: 1, name: "This week’s set" }).waitFor();
  const cookies = (await context.cookies(site)).map((cookie) => cookie.name);
  assert.ok(cookies.every((cookie) => cookie.startsWith("__Host-")) && cookies.length > 0, `cookies ${cookies}`);

  const said = { "/": await page.locator("main").innerText() };
  for (const path of ["/archive", "/status", "/settings"]) {
    const answer = await page.goto(site + path);
    assert.equal(answer.status(), 200, path);
    said[path] = await page.locator("main").innerText();
  }
  await page.goto(`${site}/archive`);
  const weeks = page.locator("li.week");
  if ((await weeks.count()) > 0) {
    await weeks.first().getByRole("link").first().click();
    await page.getByRole("list", { name: "Tracks" }).waitFor();
    said.week = await page.locator("main").innerText();
  }
  if (paste) {
    await page.goto(`${site}/archive`);
    await page.getByLabel("Track links").fill(paste.join("\n"));
    await page.getByRole("button", { name: "Check the links" }).click();
    await page.getByRole("button", { name: /^Add \d+ tracks/ }).click();
    await page.waitForURL((url) => url.pathname === "/archive");
    await page.getByRole("status").waitFor();
  }
  if (leave) {
    await page.goto(`${site}/settings`);
    await page.getByRole("link", { name: /Disconnect and delete/ }).click();
    await page.getByLabel("I want all of this erased").check();
    await page.getByRole("button", { name: "Disconnect and delete" }).click();
    await page.getByText(/erased|deleted/i).first().waitFor();
    said.left = await page.locator("main").innerText();
  }
  assert.deepEqual(wrong, [], name);
  await context.close();
  return { name, said };
}

try {
  for (const one of visits) console.log(JSON.stringify(await visit(one)));
} finally {
  await browser.close();
}
