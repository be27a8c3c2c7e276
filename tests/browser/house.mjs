// Starts the built binary as a newcomer would, and keeps all that it says.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary = process.env.REPRISE_BIN ?? fileURLToPath(new URL("../../target/debug/reprise", import.meta.url));

/** All that any of them said, for the search for secrets. */
export const said = [];

/** Starts `reprise` with arguments; resolves when `ready(standard output)` is true. */
async function start(args, settings, ready) {
  const folder = await mkdtemp(join(tmpdir(), "reprise-story-"));
  // A clean environment: nothing of the machine's own settings gets in.
  const env = { PATH: process.env.PATH, HOME: folder, REPRISE_DATA_DIR: join(folder, "data"), ...settings };
  const child = spawn(binary, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  const stop = async () => {
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const code = await ended;
    clearTimeout(hard);
    said.push({ where: `${args[0]}, standard output`, text: out }, { where: `${args[0]}, standard error`, text: err });
    await rm(folder, { recursive: true, force: true });
    return code;
  };
  let late;
  const isReady = new Promise((resolve, reject) => {
    late = setTimeout(() => reject(new Error("not ready after a minute")), 60_000);
    child.stdout.on("data", (chunk) => {
      out += chunk;
      if (ready(out)) resolve();
    });
    child.stderr.on("data", (chunk) => (err += chunk));
    child.on("error", reject);
    ended.then((code) => reject(new Error(`ended with ${code}`)));
  });
  try {
    await isReady;
  } catch (error) {
    await stop();
    throw new Error(`reprise ${args.join(" ")}: ${error.message}\n${out}${err}`);
  } finally {
    clearTimeout(late);
  }
  return { stop, line: (pattern) => out.match(pattern)?.[1] };
}

/** `reprise serve` on a free port: the demo, or with `settings` the real thing. */
export async function startReprise(settings = {}) {
  const isDemo = !settings.SPOTIFY_CLIENT_ID;
  const house = await start(
    ["serve"],
    { REPRISE_BASE_URL: "http://127.0.0.1:0", ...settings },
    (out) => /sign-up link \S+\n/.test(out) && (!isDemo || /demo: .*\n/.test(out)),
  );
  return {
    stop: house.stop,
    url: house.line(/listening on (\S+)/),
    link: house.line(/sign-up link (\S+)/),
    spotify: house.line(/demo: simulated Spotify at (\S+)/),
  };
}

/** `reprise sim` on a free port. */
export async function startSpotify(world) {
  const args = ["sim", "--bind", "127.0.0.1:0", "--world", world];
  const sim = await start(args, {}, (out) => /listening on \S+\n/.test(out));
  return { stop: sim.stop, url: sim.line(/listening on (\S+)/) };
}
