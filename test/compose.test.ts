import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");
const read = (name: string) => readFileSync(join(root, name), "utf8");
const compose = parse(read("docker-compose.yml"), { merge: true }) as {
  services: Record<string, Record<string, unknown>>;
  configs: { nats: { content: string } };
};

describe("docker-compose.yml", () => {
  it("opens ports on loopback only", () => {
    const ports = Object.values(compose.services).flatMap(
      (service) => (service["ports"] as string[]) ?? [],
    );
    expect(ports).toEqual(["127.0.0.1:4222:4222"]);
  });

  it("has no password of its own: starting without one is an error", () => {
    expect(compose.configs.nats.content).toContain('password: "${CASCADE_NATS_PASSWORD:?');
    expect(compose.services["agent"]?.["environment"]).toMatchObject({
      NATS_PASSWORD: expect.stringMatching(/^\$\{CASCADE_NATS_PASSWORD:\?/),
    });
  });

  it("starts coordinator and agents when the server is healthy, and agents can be scaled", () => {
    for (const name of ["coordinator", "agent"]) {
      const service = compose.services[name];
      expect(service).toMatchObject({
        depends_on: { nats: { condition: "service_healthy" } },
        read_only: true,
        cap_drop: ["ALL"],
        command: [`${name === "agent" ? "agents" : "coordinator"}/main.ts`],
      });
      expect(service).not.toHaveProperty("container_name");
    }
    expect(compose.services["nats"]).toHaveProperty("healthcheck");
  });

  it("is built from every folder that the two programs import", () => {
    const copied = [...read("Dockerfile").matchAll(/^COPY (\w+) \.\/\1$/gm)].map(
      (match) => match[1],
    );
    expect(copied.sort()).toEqual(
      [
        "agents",
        "bus",
        "cascades",
        "coordinator",
        "core",
        "language",
        "machines",
        "skills",
        "store",
        "topology",
      ].sort(),
    );
  });
});
