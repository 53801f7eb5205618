import { setImmediate } from "node:timers/promises";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { openFileList } from "../file-list.ts";
import type { Finding, NotAnalysed } from "../finding.ts";
import {
  isAnalysable,
  isMinified,
  languageOf,
  readText,
  reasonInLanguage,
} from "../source-file.ts";
import { PARSER } from "../syntax.ts";
import { type Advisories, askForAdvisories, LOCK_FILE } from "./advisories.ts";
import { scanCode } from "./code.ts";
import { advisoryFinding, codeFinding, SCAN, secretFinding } from "./findings.ts";
import { findSecrets, SECRETLINT } from "./secrets.ts";
import { isSuppressed, readSuppressions } from "./suppressions.ts";

/** Looks for secrets and dangerous code in a batch of files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const online = readOnline(inputs["online"]);
  const { sources, notAnalysed } = await openFileList(inputs, context.signal, readText);
  const scanned: ScannedFile[] = [];
  for (const source of sources) {
    await setImmediate();
    context.signal.throwIfAborted();
    scanned.push(await scanFile(source, context.agentId));
  }
  const lockText = sources.find(({ file }) => file === LOCK_FILE)?.text;
  const advisories = await readAdvisories(lockText, online, context.signal);
  const found = advisories.status === "run" ? advisories.found : [];
  const notScanned = scanned.flatMap((each) => each.notAnalysed);
  return {
    tool: SCAN,
    parser: PARSER,
    secrets_tool: SECRETLINT,
    agent: context.agentId,
    files_analysed: sources.length - notScanned.length,
    findings: [
      ...scanned.flatMap((each) => each.findings),
      ...found.map((each) => advisoryFinding(each, lockText ?? "", context.agentId)),
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

interface ScannedFile {
  readonly findings: readonly Finding[];
  readonly notAnalysed: readonly NotAnalysed[];
  readonly suppressed: number;
}

async function scanFile(
  { file, text }: { readonly file: string; readonly text: string },
  agent: string,
): Promise<ScannedFile> {
  const findings = (await findSecrets(file, text)).map((secret) =>
    secretFinding({ file, text, agent }, secret),
  );
  const notAnalysed: NotAnalysed[] = [];
  if (isAnalysable(languageOf(file))) {
    const code = codeOf(file, text);
    if (code.status === "scanned") {
      findings.push(...code.matches.map((match) => codeFinding({ file, text, agent }, match)));
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

function codeOf(file: string, text: string): ReturnType<typeof scanCode> {
  const reason = reasonInLanguage(file) ?? (isMinified(text) ? "minified" : undefined);
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
  const registry = process.env["npm_config_registry"] ?? "https://registry.npmjs.org/";
  return askForAdvisories(lockText, { registry, signal });
}
