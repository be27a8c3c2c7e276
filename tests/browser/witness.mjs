// Watches all pages of a browser: what goes wrong on them, and what they are told.

import { said } from "./house.mjs";

// How the simulated Spotify's secrets begin; a page, a log or a header that holds one gives it away.
const SECRETS = ["BQsim-at-", "AQsim-rt-", "AQsim-code-", "reprise-demo-secret", "canary-client-secret"];

/** Collects what happens on every page of `context`; `house` is whose answers are kept. */
export function witness(context, house) {
  const wrong = [];
  const reading = [];
  context.on("page", (page) => {
    page.on("console", (message) => wrong.push(`${page.url()}: console: ${message.text()}`));
    page.on("pageerror", (error) => wrong.push(`${page.url()}: script: ${error.message}`));
    page.on("requestfailed", (request) => {
      // A page that is left while its covers still load leaves them.
      const why = request.failure()?.errorText;
      if (why !== "net::ERR_ABORTED") wrong.push(`${request.url()}: ${why}`);
    });
    page.on("response", (response) => reading.push(keep(response)));
  });
  const keep = async (response) => {
    if (!response.url().startsWith(house.url)) return;
    // The query is what Spotify sent the browser with; our own answers must not repeat it.
    const where = `${response.request().method()} ${new URL(response.url()).pathname}`;
    if (response.status() >= 400) wrong.push(`${where}: ${response.status()}`);
    const headers = await response.headersArray().catch(() => []);
    // Where we send a browser to is Spotify's, the challenge in it is no secret.
    said.push({ where: `${where}, headers`, text: headers.map(({ name, value }) => `${name}: ${value}`).join("\n") });
    const type = response.headers()["content-type"] ?? "";
    if (/html|json|text/.test(type)) {
      said.push({ where: `${where}, body`, text: await response.text().catch(() => "") });
    }
  };
  return {
    /** What went wrong so far. */
    async findings() {
      await Promise.all(reading);
      return wrong;
    },
  };
}

/** Where a secret is told, in all that anything has said so far. */
export function secretsTold() {
  return said.flatMap(({ where, text }) =>
    SECRETS.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${where}`),
  );
}
