// Pictures of a page as people have it: narrow and wide, light and dark.

import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { accessibility, sideways } from "./checks.mjs";

const folder = fileURLToPath(new URL("shots/story", import.meta.url));

/** The README's picture; taken anew with `PICTURE=1`. */
const README = fileURLToPath(new URL("../../docs/archive.png", import.meta.url));

/** Every picture below the fold, loaded. */
export function settle(page) {
  return page.evaluate(async () => {
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
    await document.fonts.ready;
  });
}

/** Takes four pictures; returns what is wrong with the page at either width. */
export async function pictures(page, name) {
  await mkdir(folder, { recursive: true });
  const before = page.viewportSize();
  const wrong = [];
  await settle(page);
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 1440]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, fullPage: true });
      const found = [...(await sideways(page)), ...(await accessibility(page))];
      wrong.push(...found.map((text) => `${name}, ${width}, ${colorScheme}: ${text}`));
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
  return wrong;
}

/** The README's picture: the archive as its first screen shows it. */
export async function readmePicture(page) {
  const path = `${folder}/readme.png`;
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 1100, height: 552 });
  await settle(page);
  await page.screenshot({ path });
  if (process.env.PICTURE) await copyFile(path, README);
}
