// Starts the built binary as a newcomer would, and keeps all that it says.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary = process.env.REPRISE_BIN ?? fileURLToPath(new URL("../../target/debug/reprise", import.meta.url));

/** Starts `reprise` with arguments; resolves when `ready(output)` is true. */
async function start(args, settings, ready) {
  const folder = await mkdtemp(join(tmpdir(), "reprise-story-"));
  // A clean environment: nothing of the machine's own settings gets in.
  const env = { PATH: process.env.PATH, HOME: folder, REPRISE_DATA_DIR: join(folder, "data"), ...settings };
  const child = spawn(binary, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  await new Promise((resolve, reject) => {
    const give_up = setTimeout(() => reject(new Error(`not ready after a minute:\n${said.out}${said.err}`)), 60_000);
    child.stdout.on("data", (chunk) => {
      said.out += chunk;
      if (ready(said.out)) (clearTimeout(give_up), resolve());
    });
    child.stderr.on("data", (chunk) => (said.err += chunk));
    child.on("error", reject);
    ended.then((code) => (clearTimeout(give_up), reject(new Error(`ended with ${code}:\n${said.out}${said.err}`))));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await ended;
    await rm(folder, { recursive: true, force: true });
    return code;
  };
  const line = (pattern) => said.out.match(pattern)?.[1];
  return { said, stop, line };
}

/** `reprise serve` on a free port: the demo, or with `settings` the real thing. */
export async function startReprise(settings = {}) {
  const house = await start(["serve"], { REPRISE_BASE_URL: "http://127.0.0.1:0", ...settings }, (out) =>
    /sign-up link \S+\n/.test(out) && (settings.SPOTIFY_CLIENT_ID || /demo: .*\n/.test(out)),
  );
  return {
    ...house,
    url: house.line(/listening on (\S+)/),
    link: house.line(/sign-up link (\S+)/),
    spotify: house.line(/demo: simulated Spotify at (\S+)/),
  };
}

/** `reprise sim` on a free port. */
export async function startSpotify(world) {
  const sim = await start(["sim", "--bind", "127.0.0.1:0", "--world", world], {}, (out) => /listening on \S+\n/.test(out));
  return { ...sim, url: sim.line(/listening on (\S+)/) };
}
