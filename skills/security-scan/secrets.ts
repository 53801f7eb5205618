import { createRequire } from "node:module";
import { extname } from "node:path";
import { lintSource } from "@secretlint/core";
import { secretLintProfiler } from "@secretlint/profiler";
import { creator as preset } from "@secretlint/secretlint-rule-preset-recommend";
import { z } from "zod";
import { findAssignedSecrets, type Secret } from "./assignments.ts";
import { entropyOf, isExampleAddress, isPlaceholder } from "./placeholders.ts";

// Its marks of the time would pile up in an agent that lives for days.
secretLintProfiler.setEnabled(false);

const { version } = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)("@secretlint/core/package.json"));

export const SECRETLINT = { name: "secretlint", version } as const;

/** The presets' rules as they are, and with them the scan for AWS key ids, which is off by default. */
const CONFIG = {
  rules: [
    {
      id: "preset",
      rule: preset,
      rules: [{ id: "@secretlint/secretlint-rule-aws", options: { enableIDScanRule: true } }],
    },
  ],
};

/** Addresses with a login in them; as a rule of a test system, so not critical. */
const ADDRESS_KINDS: ReadonlySet<string> = new Set(["basicauth", "database-connection-string"]);

export interface PlacedSecret extends Secret {
  readonly line: number;
  readonly column: number;
}

/** Finds secrets in a text of any language. The secrets themselves are not in the answer, only where they stand. */
export async function findSecrets(file: string, text: string): Promise<PlacedSecret[]> {
  const { messages } = await lintSource({
    source: { content: text, filePath: file, ext: extname(file), contentType: "text" },
    options: { locale: "en", config: CONFIG, noPhysicFilePath: true },
  });
  const known = messages.flatMap(({ ruleId, range: [start, end] }) => {
    const kind = ruleId.replace(/^@secretlint\/secretlint-rule-/, "");
    return isSecret(kind, text.slice(start, end)) ? [secretOf(kind, start, end - start)] : [];
  });
  const assigned = findAssignedSecrets(file, text);
  return place(withoutOverlaps([...known, ...assigned]), text);
}

/** Adds line and column, both from 1. The secrets stand in order, so the text is read once. */
function place(secrets: readonly Secret[], text: string): PlacedSecret[] {
  let line = 1;
  let lineStart = 0;
  return secrets.map((secret) => {
    for (let end = text.indexOf("\n", lineStart); end !== -1 && end < secret.start; ) {
      line++;
      lineStart = end + 1;
      end = text.indexOf("\n", lineStart);
    }
    return { ...secret, line, column: secret.start - lineStart + 1 };
  });
}

function secretOf(kind: string, start: number, length: number): Secret {
  const isAddress = ADDRESS_KINDS.has(kind);
  return {
    kind,
    start,
    length,
    cwe: kind === "privatekey" ? "CWE-321" : "CWE-798",
    severity: isAddress ? "high" : "critical",
    confidence: isAddress ? "medium" : "high",
  };
}

function isSecret(kind: string, value: string): boolean {
  if (ADDRESS_KINDS.has(kind)) return !isExampleAddress(value);
  if (kind === "privatekey") return isWholeKey(value);
  return !isPlaceholder(value);
}

/** The body of a private key: hundreds of characters of base64; an example has dots or a few words there. */
function isWholeKey(block: string): boolean {
  const body = block.replace(/-----[A-Z ]{1,60}-----/g, "").replace(/\\n|[\s"'+,]/g, "");
  return body.length >= 64 && entropyOf(body) > 4;
}

/** Of secrets at one place the first, which is the one of the more exact rule. */
function withoutOverlaps(secrets: readonly Secret[]): Secret[] {
  const inOrder = secrets
    .map((secret, index) => ({ secret, index }))
    .sort((a, b) => a.secret.start - b.secret.start || a.index - b.index);
  const kept: Secret[] = [];
  let end = -1;
  for (const { secret } of inOrder) {
    if (secret.start < end) continue;
    kept.push(secret);
    end = secret.start + secret.length;
  }
  return kept;
}
