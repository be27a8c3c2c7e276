// Pictures of pages, and what must hold on each of them.

import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";

import { launch } from "./browser.mjs";
import { accessibility, sideways, smallTargets } from "./checks.mjs";
import { startGallery } from "./gallery.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, out: { type: "string", default: "shots" } },
});

const WIDTHS = [390, 1440];
const SCHEMES = ["light", "dark"];

const gallery = positionals.length === 0 ? await startGallery() : null;
const wanted = values.only?.split(",");
const targets = gallery
  ? gallery.names
      .filter((name) => !wanted || wanted.some((start) => name.startsWith(start)))
      .map((name) => ({ name, url: `${gallery.address}/scene/${name}` }))
  : positionals.map((url) => ({ name: new URL(url).pathname.replaceAll("/", "-").slice(1) || "root", url }));

await mkdir(values.out, { recursive: true });
const browser = await launch();
const wrong = [];

for (const width of WIDTHS) {
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({
      viewport: { width, height: width === 390 ? 844 : 900 },
      colorScheme,
      reducedMotion: "reduce",
    });
    // Two busy cores are slow to draw the first page.
    context.setDefaultTimeout(120_000);
    const queue = [...targets];
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        await look(context, `${next.name}-${width}-${colorScheme}`, next.url, width);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    await context.close();
  }
}
if (gallery) await connects();

await browser.close();
gallery?.stop();
for (const line of wrong) console.error(line);
console.log(`${targets.length} pages, ${targets.length * WIDTHS.length * SCHEMES.length} pictures, ${wrong.length} findings`);
process.exitCode = wrong.length ? 1 : 0;

async function look(context, name, url, width) {
  const page = await context.newPage();
  const found = (text) => wrong.push(`${name}: ${text}`);
  page.on("console", (message) => found(`console: ${message.text()}`));
  page.on("pageerror", (error) => found(`script: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400 && response.url() !== url) found(`${response.status()} for ${response.url()}`);
  });
  await page.goto(url, { waitUntil: "load" });
  // Pictures below the fold load when they are scrolled to.
  await page.evaluate(async () => {
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
    await document.fonts.ready;
  });
  await page.screenshot({ path: `${values.out}/${name}.png`, fullPage: true });
  for (const text of await sideways(page)) found(text);
  for (const text of await accessibility(page)) found(text);
  if (width === 390) for (const text of await smallTargets(page)) found(text);
  await page.close();
}

// A form's policy is held against the redirect that follows it: prove that ours lets it through.
async function connects() {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(`${gallery.address}/scene/signup`);
    await page.getByRole("button", { name: "Connect Spotify" }).click();
    await page.waitForURL("**/consent", { timeout: 5000 }).catch(() => {
      wrong.push(`connect: ended on ${page.url()}, script ${javaScriptEnabled ? "on" : "off"}`);
    });
    await context.close();
  }
}
