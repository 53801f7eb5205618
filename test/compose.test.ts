import { existsSync, readFileSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { DCLinter } from "dclint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

interface Compose {
  readonly services: Readonly<Record<"nats" | "coordinator" | "agent", Record<string, unknown>>>;
  readonly configs: { readonly nats: { readonly content: string } };
}

interface Fault {
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

const root = join(import.meta.dirname, "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");
const compose = parse(read("docker-compose.yml"), { merge: true }) as Compose;
const { nats, coordinator, agent } = compose.services;
const PROGRAMS = ["coordinator/main.ts", "agents/main.ts"];
const PASSWORD = "${CASCADE_NATS_PASSWORD:?set it to a long random text of letters and digits}";

/** The Compose Specification's JSON schema, and the rules for what the schema cannot say; matters of taste are off. */
function faultsOf(file: string): string[] {
  const taste = [
    "require-quotes-in-ports",
    "service-keys-order",
    "services-alphabetical-order",
    "top-level-properties-order",
  ];
  const linter = new DCLinter({
    rules: Object.fromEntries(taste.map((rule) => [rule, 0])),
    quiet: true,
    debug: false,
    exclude: [],
  });
  const results: readonly { readonly messages: readonly Fault[] }[] = linter.lintFiles(
    [file],
    false,
  );
  return results.flatMap(({ messages }) =>
    messages.map(({ line, rule, message }) => `${line} ${rule}: ${message}`),
  );
}

/** The folders of the repository that the programs import, however far down. */
function importedFolders(programs: readonly string[]): Set<string> {
  const seen = new Set(programs);
  for (const file of seen) {
    for (const [, target = ""] of read(file).matchAll(/(?:from |import\(|URL\()"(\.[^"]+\.ts)"/g)) {
      const imported = relative(root, join(root, dirname(file), target));
      if (existsSync(join(root, imported))) seen.add(imported);
    }
  }
  return new Set([...seen].map((file) => file.split("/")[0] ?? ""));
}

describe("docker-compose.yml", () => {
  it("keeps to the Compose Specification", () => {
    expect(faultsOf(join(root, "docker-compose.yml"))).toEqual([]);
  });

  it("is checked by something that sees a misspelt key", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "cascade-compose-"));
    const file = join(folder.path, "docker-compose.yml");
    await writeFile(file, read("docker-compose.yml").replace("read_only:", "readonly:"));
    expect(faultsOf(file)).toEqual([expect.stringContaining("invalid-schema")]);
  });

  it("opens ports on loopback only", () => {
    const ports = Object.values(compose.services).flatMap((service) => service["ports"] ?? []);
    expect(ports).toEqual(["127.0.0.1:4222:4222"]);
  });

  it("has no password of its own: starting without one is an error", () => {
    expect(compose.configs.nats.content).toContain(`password: "${PASSWORD}"`);
    expect(agent["environment"]).toMatchObject({ NATS_USER: "cascade", NATS_PASSWORD: PASSWORD });
    expect(agent["environment"]).toEqual(coordinator["environment"]);
  });

  it("keeps streams on a volume, written through, and is healthy only with JetStream", () => {
    expect(compose.configs.nats.content).toMatch(
      /jetstream \{\s+store_dir: "\/data"\s+sync_interval: always\s+\}/,
    );
    expect(nats).toMatchObject({
      volumes: ["nats-data:/data"],
      healthcheck: {
        test: ["CMD", "wget", "-qO-", "http://127.0.0.1:8222/healthz?js-enabled-only=true"],
      },
    });
  });

  it.each([
    { name: "coordinator", service: coordinator, program: "coordinator/main.ts" },
    { name: "agent", service: agent, program: "agents/main.ts" },
  ])("starts $name when the server is healthy, with the workspace and no rights beyond it", ({
    service,
    program,
  }) => {
    expect(service).toMatchObject({
      command: [program],
      depends_on: { nats: { condition: "service_healthy" } },
      volumes: ["${CASCADE_WORKSPACE:-.}:/workspace"],
      user: "${CASCADE_USER:-1000:1000}",
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
  });

  it("can be scaled: nothing names one container or one agent", () => {
    expect(agent).not.toHaveProperty("container_name");
    expect(agent).not.toHaveProperty("ports");
    expect(agent["environment"]).not.toHaveProperty("CASCADE_AGENT_ID");
  });
});

describe("Dockerfile", () => {
  const copied = [...read("Dockerfile").matchAll(/^COPY (\w+) \.\/\1$/gm)].map(([, name]) => name);

  it("copies what the programs import, and the skills and cascades that are shipped", () => {
    const needed = importedFolders(PROGRAMS).union(new Set(["skills", "cascades"]));
    expect(copied.toSorted()).toEqual([...needed].toSorted());
  });

  it("finds in its context what it copies, and nothing else", () => {
    const context = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(context[0]).toBe("*");
    expect(context.filter((line) => line.startsWith("!")).toSorted()).toEqual(
      ["package.json", "package-lock.json", ...copied].map((name) => `!${name}`).toSorted(),
    );
  });

  it("ends as somebody who is not root, on the workspace, told to stop by SIGTERM", () => {
    expect(read("Dockerfile")).toMatch(
      /USER node\nENV INIT_CWD=\/workspace LOG_LEVEL=info\nSTOPSIGNAL SIGTERM\n/,
    );
  });
});
