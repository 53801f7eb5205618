import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/** Who may import whom: strictly lower ranks, and one's own folder. See docs/architecture.md. */
const RANKS: Readonly<Record<string, number>> = {
  core: 0,
  language: 1,
  machines: 1,
  topology: 1,
  bus: 2,
  store: 3,
  models: 3,
  agents: 4,
  coordinator: 4,
  interfaces: 5,
};
/** Skills are guests: they import the core and libraries, whatever runs them hands them the rest. */
const SKILLS_MAY_IMPORT = new Set(["core", "skills"]);
/** What the interfaces may take from the coordinator: its client and nothing deeper. */
const CLIENT = "coordinator/client.ts";

const root = resolve(import.meta.dirname, "..");

interface Import {
  readonly from: string;
  readonly to: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return sourceFiles(path);
    return /\.(ts|mjs)$/.test(name) ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  return specifiers.map((to) => ({
    from: file,
    to: to.startsWith(".") ? relative(root, resolve(root, dirname(file), to)) : to,
  }));
}

const folderOf = (path: string): string => path.split("/")[0] ?? "";
const folders = [...Object.keys(RANKS), "skills"].filter((folder) => {
  try {
    return statSync(join(root, folder)).isDirectory();
  } catch {
    return false; // a folder of the design that a later part brings
  }
});
const imports = folders.flatMap(sourceFiles).flatMap(importsOf);
const own = imports.filter(({ to }) => folders.includes(folderOf(to)));

describe("architecture", () => {
  it("sees the imports it judges", () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it("lets a folder import only itself and lower ranks", () => {
    const wrong = own.filter(({ from, to }) => {
      const [a, b] = [folderOf(from), folderOf(to)];
      if (a === b || a === "skills") return false;
      return (RANKS[b] ?? Number.POSITIVE_INFINITY) >= (RANKS[a] ?? -1);
    });
    expect(wrong).toEqual([]);
  });

  it("lets skills import the core and each other only", () => {
    const wrong = own.filter(
      ({ from, to }) => folderOf(from) === "skills" && !SKILLS_MAY_IMPORT.has(folderOf(to)),
    );
    expect(wrong).toEqual([]);
  });

  it("lets interfaces see of the coordinator only its client, and nothing of the agents", () => {
    const wrong = own.filter(
      ({ from, to }) =>
        folderOf(from) === "interfaces" &&
        (folderOf(to) === "agents" || (folderOf(to) === "coordinator" && to !== CLIENT)),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps the pure folders free of processes, files, clocks and chance", () => {
    const impure =
      /node:(fs|child_process|net|http|worker_threads|timers)|Date\.now|Math\.random|setTimeout/;
    const wrong = ["machines", "topology"]
      .flatMap(sourceFiles)
      .filter((file) => impure.test(readFileSync(join(root, file), "utf8")));
    expect(wrong).toEqual([]);
  });

  it("keeps the nats package behind bus and store: others take only its types and its connection", () => {
    const allowed = new Set(["bus", "store", "coordinator", "agents"]);
    const wrong = imports.filter(({ from, to }) => to === "nats" && !allowed.has(folderOf(from)));
    expect(wrong.filter(({ from }) => from !== "interfaces/cli/job.mjs")).toEqual([]);
  });
});
