import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

/** True when nothing listens on this port of loopback now; the next moment it may. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** A port of loopback that the system picks. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** The port that a server's configuration names; undefined when there is no such file. */
export async function portIn(configFile: string): Promise<number | undefined> {
  const text = await readFile(configFile, "utf8").catch(() => "");
  const port = /^listen: "127\.0\.0\.1:(\d+)"$/m.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}
