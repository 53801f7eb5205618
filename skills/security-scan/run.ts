import { setImmediate } from "node:timers/promises";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { analyseOnce, codeDigest } from "../analyse-once.ts";
import { openFileList } from "../file-list.ts";
import type { NotAnalysed } from "../finding.ts";
import { secondOpinion } from "../second-opinion.ts";
import { analysesOf, languageOf, readText, reasonInSource } from "../source-file.ts";
import { isSuppressed, readSuppressions } from "../suppressions.ts";
import { PARSER } from "../syntax.ts";
import { type Advisories, askForAdvisories, LOCK_FILE } from "./advisories.ts";
import { scanCode } from "./code.ts";
import { advisoryFinding, codeFinding, type FoundInFile, SCAN, secretFinding } from "./findings.ts";
import { npmRegistry } from "./registry.ts";
import { findSecrets, SECRETLINT } from "./secrets.ts";

/** Looks for secrets and dangerous code in a batch of files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const online = readOnline(inputs["online"]);
  const { sources, notAnalysed } = await openFileList(withTexts(inputs), context.signal, {
    read: readText,
  });
  const { results, cached } = await analyseOnce<ScannedFile>(
    {
      identity: {
        ...SCAN,
        parser: PARSER,
        secrets: SECRETLINT,
        code: await codeDigest(import.meta.dirname),
      },
      sources,
      useCache: inputs["cache"],
      analyse: (files) => scanAll(sources, new Set(files), context.signal),
    },
    context,
  );
  const scanned = sources.flatMap(({ file }) => results.get(file) ?? []);
  const lockText = sources.find(({ file }) => file === LOCK_FILE)?.text;
  const advisories = await readAdvisories(lockText, online, context.signal);
  const found = advisories.status === "run" ? advisories.found : [];
  const notScanned = scanned.flatMap((each) => each.notAnalysed);
  const findings = scanned
    .flatMap((each) => each.findings)
    .map((each) => ({ ...each, agent: context.agentId }));
  const of = { skill: "security-scan", path: String(inputs["path"]) };
  return {
    tool: SCAN,
    parser: PARSER,
    secrets_tool: SECRETLINT,
    agent: context.agentId,
    files_analysed: sources.length - notScanned.length,
    files_cached: cached,
    findings: [
      ...findings,
      ...(await secondOpinion(findings, of, context)),
      ...found.map((each) => ({
        ...advisoryFinding(each, lockText ?? ""),
        agent: context.agentId,
      })),
    ],
    suppressed: scanned.reduce((sum, each) => sum + each.suppressed, 0),
    advisories:
      advisories.status === "run"
        ? { status: "run", packages: advisories.packages, advisories: found.length }
        : { status: "not-run", reason: advisories.reason },
    not_analysed: [...notAnalysed, ...notScanned].map((entry) => ({ ...entry, tool: SCAN.name })),
  };
}

function readOnline(given: Json | undefined): boolean {
  if (given === undefined || given === null) return false;
  if (typeof given === "boolean") return given;
  throw new SwarmError("invalid-input", "online must be true or false", {
    location: { pointer: "/online" },
  });
}

/** Texts in no source language are searched for secrets as sources are. */
function withTexts(inputs: JsonObject): JsonObject {
  const { files, texts } = inputs;
  if (texts === undefined || texts === null) return inputs;
  if (!Array.isArray(texts)) {
    throw new SwarmError("invalid-input", "texts must be a list of file names", {
      location: { pointer: "/texts" },
    });
  }
  return Array.isArray(files) ? { ...inputs, files: [...files, ...texts] } : inputs;
}

/** What follows from one file. `type`, so that it is assignable to plain JSON. */
type ScannedFile = {
  readonly findings: readonly FoundInFile[];
  readonly notAnalysed: readonly NotAnalysed[];
  readonly suppressed: number;
};

interface Source {
  readonly file: string;
  readonly text: string;
}

async function scanAll(
  sources: readonly Source[],
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ScannedFile>> {
  const scanned = new Map<string, ScannedFile>();
  for (const source of sources) {
    if (!wanted.has(source.file)) continue;
    await setImmediate();
    signal.throwIfAborted();
    scanned.set(source.file, await scanFile(source));
  }
  return scanned;
}

async function scanFile({ file, text }: Source): Promise<ScannedFile> {
  const findings = (await findSecrets(file, text)).map((secret) =>
    secretFinding({ file, text }, secret),
  );
  const notAnalysed: NotAnalysed[] = [];
  if (hasCodeRules(file)) {
    const code = codeOf(file, text);
    if (code.status === "scanned") {
      findings.push(...code.matches.map((match) => codeFinding(file, match)));
    } else {
      const { reason, line } = code;
      notAnalysed.push({
        file,
        reason: `${reason}; only secrets were looked for`,
        ...(line === undefined ? {} : { line }),
      });
    }
  }
  const suppressions = readSuppressions(text);
  const kept = findings.filter((finding) => !isSuppressed(suppressions, finding));
  return {
    findings: kept.sort((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0)),
    notAnalysed,
    suppressed: findings.length - kept.length,
  };
}

function hasCodeRules(file: string): boolean {
  const language = languageOf(file);
  return language !== undefined && analysesOf(language).includes("lint");
}

function codeOf(file: string, text: string): ReturnType<typeof scanCode> {
  const reason = reasonInSource(file, text);
  return reason === undefined ? scanCode(file, text) : { status: "not-parsed", reason };
}

async function readAdvisories(
  lockText: string | undefined,
  online: boolean,
  signal: AbortSignal,
): Promise<Advisories> {
  if (!online) return { status: "not-run", reason: "offline: the input online is not true" };
  if (lockText === undefined) {
    return { status: "not-run", reason: `no ${LOCK_FILE} of the root among the files` };
  }
  const registry = await npmRegistry(process.env, signal);
  if (registry === undefined) {
    return { status: "not-run", reason: "no npm here says which registry to ask" };
  }
  return askForAdvisories(lockText, { registry, signal });
}
