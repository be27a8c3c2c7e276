// What must hold on every page, as functions that return what is wrong.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious and critical findings of axe-core. */
export async function accessibility(page) {
  // Evaluated by the debugger, which the page's own policy does not bind.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

/** Anything that makes the page wider than its window. */
export function sideways(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.body.querySelectorAll("*")]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .slice(0, 3)
      .map((element) => `scrolls sideways: ${element.outerHTML.slice(0, 120)}`);
  });
}

/** Targets that a finger would miss; links inside a sentence are exempt, as in WCAG 2.5.8. */
export function smallTargets(page) {
  return page.evaluate(() => {
    const inSentence = (element) => {
      const around = element.closest("p, li, dd, .aside, .outcome");
      return around && around.textContent.trim().length > element.textContent.trim().length + 2;
    };
    return [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
      .filter((element) => element.checkVisibility() && !element.matches(".skip"))
      .filter((element) => !(element.tagName === "A" && inSentence(element)))
      .map((element) => [element, (element.closest("label") ?? element).getBoundingClientRect()])
      .filter(([, box]) => box.height > 0 && box.height < 39.5)
      .map(([element, box]) => `only ${Math.round(box.height)} px high: ${element.outerHTML.slice(0, 100)}`);
  });
}
