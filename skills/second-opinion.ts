import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { SkillContext } from "../core/skill.ts";
import { type FileMetrics, type Finding, finding } from "./finding.ts";
import { rankHotspots } from "./hotspots.ts";

/** Files of one batch that a second agent looks at: those with the most severe findings. */
const FILES = 3;
/** Hotspots of one batch that the others are told of. */
const HOTSPOTS_TOLD = 5;
const TOPIC = "hotspots";

const answer = z.object({ findings: z.array(finding) });
const told = z.array(z.object({ file: z.string(), score: z.number() }));

/** Tells the other members of the team which files of this batch are changed often and hard to understand. */
export async function tellHotspots(
  metrics: readonly FileMetrics[],
  { peers, logger }: Pick<SkillContext, "peers" | "logger">,
): Promise<void> {
  const hotspots = rankHotspots(metrics)
    .slice(0, HOTSPOTS_TOLD)
    .map(({ file, score }) => ({ file, score }));
  if (hotspots.length === 0) return;
  const deliveries = await peers.broadcast(TOPIC, hotspots);
  const unheard = deliveries.filter(({ status }) => status !== "delivered");
  if (unheard.length > 0) logger.debug({ event: "hotspots.untold", unheard });
}

/**
 * Has another agent of the team analyse the files with high or critical findings again, and those with medium ones that are known
 * to be hotspots. Answers what it found, too: the same findings in its name, by which the report says who confirms them. Without a
 * neighbour, or when it does not answer, there is none.
 */
export async function secondOpinion(
  findings: readonly Finding[],
  { skill, path }: { readonly skill: string; readonly path: string },
  { peers, logger, run }: Pick<SkillContext, "peers" | "logger" | "run">,
): Promise<readonly Finding[]> {
  const neighbours = await peers.neighbours();
  const witness = neighbours[run.index % neighbours.length];
  if (witness === undefined) return [];
  const notes = await peers.received(TOPIC);
  const hotspots = new Set(
    notes.flatMap(({ body }) => told.safeParse(body).data ?? []).map(({ file }) => file),
  );
  const files = filesInDoubt(findings, hotspots);
  if (files.length === 0) return [];
  try {
    const inputs: JsonObject = { path, files: [...files], cache: false };
    const said = answer.parse(await peers.ask(witness, skill, inputs));
    const own = new Set(findings.map(placeOf));
    return said.findings.filter((each) => own.has(placeOf(each)));
  } catch (error) {
    if (!(error instanceof SwarmError || error instanceof z.ZodError)) throw error;
    logger.warn({ event: "findings.unconfirmed", witness, files: files.length, err: error });
    return [];
  }
}

function filesInDoubt(
  findings: readonly Finding[],
  hotspots: ReadonlySet<string>,
): readonly string[] {
  const grave = findings.filter(({ severity }) => severity === "critical" || severity === "high");
  const hot = findings.filter(({ severity, file }) => severity === "medium" && hotspots.has(file));
  return [...new Set([...grave, ...hot].map(({ file }) => file))].slice(0, FILES);
}

function placeOf({ file, line, column, rule, tool }: Finding): string {
  return JSON.stringify([file, line, column, rule, tool]);
}
