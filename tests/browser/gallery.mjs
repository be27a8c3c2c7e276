// Starts the gallery of crates/web on a free port.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Resolves to its address, the names of its scenes, and how to stop it. */
export async function startGallery() {
  const args = ["run", "-q", "-p", "reprise-web", "--features", "gallery", "--example", "gallery", "--", "127.0.0.1:0"];
  const child = spawn("cargo", args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  // Whatever ends us ends it.
  process.once("exit", () => child.kill());
  const address = await new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const found = said.match(/listening on (http:\S+)/);
      if (found) resolve(found[1]);
    });
    child.on("exit", (code) => reject(new Error(`the gallery ended with ${code}`)));
  });
  const index = await (await fetch(address)).text();
  const names = [...index.matchAll(/href="\/scene\/([^"]+)"/g)].map((match) => match[1]);
  return { address, names, stop: () => child.kill() };
}
