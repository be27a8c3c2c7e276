// Stories of a newcomer, told to the built binary in a real browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { launch } from "./browser.mjs";
import { startReprise } from "./house.mjs";

test("the demo greets with a sign-up link that opens", async () => {
  const house = await startReprise();
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const answer = await page.goto(house.link);
    assert.equal(answer.status(), 200);
    await page.getByRole("button", { name: "Connect Spotify" }).waitFor();
  } finally {
    await browser.close();
    await house.stop();
  }
});
