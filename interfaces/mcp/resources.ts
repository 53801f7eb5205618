import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ReadResourceResult,
  type Resource,
  ResourceNotFoundError,
  type ResourceTemplateType,
} from "@modelcontextprotocol/server";
import { isToken } from "../../core/ids.ts";
import { openSwarmCatalog } from "../../language/swarm-catalog.ts";
import { firstSentence } from "../cli/skills/list-skills.ts";
import { findSkill } from "../cli/skills/skills-command.ts";
import { installedHere } from "./jobs.ts";
import { ANSWER_TIMEOUT_MS, eventLine, knownRun, runIdOf, viewOf } from "./runs.ts";
import type { ToolContext } from "./tool-context.ts";

type Surroundings = Pick<ToolContext, "directory" | "env" | "allowance" | "swarm">;

const YAML = "application/yaml";
const JSON_TEXT = "application/json";
const LISTED_RUNS = 20;

export const RESOURCE_TEMPLATES: readonly ResourceTemplateType[] = [
  template("cascades/{name}", "cascade", "A cascade's YAML", YAML),
  template("skills/{name}", "skill", "What a skill takes, gives and does", "text/markdown"),
  template("runs/{run}", "run", "How a run stands, stage by stage", JSON_TEXT),
  template("runs/{run}/events", "run events", "Everything that happened to a run", JSON_TEXT),
  template("runs/{run}/output", "run output", "What a run resulted in, whole", JSON_TEXT),
  template("runs/{run}/report.md", "report", "The report that a run wrote", "text/markdown"),
];

function template(
  path: string,
  name: string,
  description: string,
  mimeType: string,
): ResourceTemplateType {
  return { uriTemplate: `cascade://${path}`, name, description, mimeType };
}

/** Cascades and skills, and the newest runs of a swarm that is there already: looking starts none. */
export async function listResources(surroundings: Surroundings): Promise<Resource[]> {
  const { cascades } = await installedHere(surroundings);
  const catalog = await openSwarmCatalog(surroundings);
  const names = await cascades.names();
  return [
    ...names.map((name) => ({
      uri: `cascade://cascades/${name}`,
      name: `cascade ${name}`,
      mimeType: YAML,
    })),
    ...catalog.names().map((name) => ({
      uri: `cascade://skills/${name}`,
      name: `skill ${name}`,
      description: firstSentence(catalog.find(name)?.description ?? ""),
      mimeType: "text/markdown",
    })),
    ...(await runResources(surroundings)),
  ];
}

async function runResources({ swarm }: Surroundings): Promise<Resource[]> {
  const opened = await swarm.opened()?.catch(() => undefined);
  if (opened === undefined) return [];
  const found: Resource[] = [];
  for await (const { run, first } of opened.session.client.runs(
    AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  )) {
    const name = `run ${run} of ${String(first.data["cascade"])}`;
    found.push({ uri: `cascade://runs/${run}`, name, mimeType: JSON_TEXT });
    if (found.length === LISTED_RUNS) break;
  }
  return found;
}

/** @throws ResourceNotFoundError, or SwarmError such as `unknown-run` */
export async function readResource(
  uri: string,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<ReadResourceResult> {
  const [, kind, name = "", part] =
    /^cascade:\/\/(cascades|skills|runs)\/([^/]+)(?:\/([a-z.]+))?$/.exec(uri) ?? [];
  const answer = (mimeType: string, text: string): ReadResourceResult => ({
    contents: [{ uri, mimeType, text }],
  });
  if (kind === "cascades" && part === undefined) {
    const { cascades } = await installedHere(surroundings);
    return answer(YAML, (await cascades.source(name)).text);
  }
  if (kind === "skills" && part === undefined) {
    const { manifest } = findSkill(await openSwarmCatalog(surroundings), name);
    return answer("text/markdown", await readFile(join(manifest.folder, "SKILL.md"), "utf8"));
  }
  if (kind === "runs" && isToken(name)) {
    const text = await runPart(name, part, surroundings, signal);
    if (text !== undefined) return answer(part === "report.md" ? "text/markdown" : JSON_TEXT, text);
  }
  throw new ResourceNotFoundError(uri);
}

/** Undefined when the run has no such part. */
async function runPart(
  name: string,
  part: string | undefined,
  { swarm }: Surroundings,
  signal: AbortSignal,
): Promise<string | undefined> {
  const client = await swarm.client();
  const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  const known = await knownRun(client, runIdOf(name), within);
  switch (part) {
    case undefined:
      return JSON.stringify(viewOf(known));
    case "events":
      return JSON.stringify(known.events.map(eventLine));
    case "output":
      return known.output === undefined ? undefined : JSON.stringify(known.output);
    case "report.md":
      return readFile(
        join(known.story.directory, ".cascade/runs", name, "report.md"),
        "utf8",
      ).catch(() => undefined);
    default:
      return undefined;
  }
}
