import type { Finding } from "../finding.ts";
import type { Advisory } from "./advisories.ts";
import { LOCK_FILE } from "./advisories.ts";
import type { Match } from "./code.ts";
import type { PlacedSecret } from "./secrets.ts";

export const SCAN = { name: "security-scan", version: "1.0.0" } as const;

interface Scanned {
  readonly file: string;
  readonly text: string;
}

/** A finding before it is known which agent reports it. */
export type FoundInFile = Omit<Finding, "agent">;

export function codeFinding(file: string, match: Match): FoundInFile {
  const { id, severity, message, fix, cwe } = match.rule;
  return {
    file,
    line: match.line,
    column: match.column,
    rule: id,
    severity: match.confidence === "low" && severity === "high" ? "medium" : severity,
    message,
    cwe,
    fix,
    confidence: match.confidence,
    tool: SCAN.name,
    tool_version: SCAN.version,
  };
}

/** What is shown of a longer secret, so that its owner knows which it is. A shorter one would be half told. */
const SHOWN = 3;
const LEAST_SHOWN_LENGTH = 16;

/** The secret itself never leaves its file. */
export function secretFinding({ file, text }: Scanned, secret: PlacedSecret): FoundInFile {
  const start = text.slice(secret.start, secret.start + SHOWN);
  const isShown = secret.length >= LEAST_SHOWN_LENGTH && /^[\x21-\x7e]{3}$/.test(start);
  const form = `${isShown ? `${start}…, ` : ""}${secret.length} characters`;
  return {
    file,
    line: secret.line,
    column: secret.column,
    rule: `security/secret-${secret.kind}`,
    severity: secret.severity,
    message: `a secret stands in the file: ${KINDS[secret.kind] ?? secret.kind} (${form})`,
    cwe: secret.cwe,
    fix: "Replace it where it is valid, for whoever has the history has it; then read it from the environment or a secret store.",
    confidence: secret.confidence,
    tool: SCAN.name,
    tool_version: SCAN.version,
  };
}

/** What the kinds mean whose names do not say it. */
const KINDS: Readonly<Record<string, string>> = {
  basicauth: "a login in an address",
  "database-connection-string": "a login of a database",
  privatekey: "a private key",
  key: "a key assigned to a name that says so",
  password: "a password assigned to a name that says so",
};

export function advisoryFinding(advisory: Advisory, lockText: string): FoundInFile {
  const at = lockText.indexOf(`node_modules/${advisory.package}"`);
  return {
    file: LOCK_FILE,
    line: at === -1 ? 1 : lockText.slice(0, at).split("\n").length,
    rule: "security/vulnerable-dependency",
    severity: advisory.severity,
    message: `${advisory.package} ${advisory.versions.join(", ")}: ${advisory.title} (vulnerable: ${advisory.vulnerableVersions})`,
    ...(advisory.url === undefined ? {} : { help: advisory.url }),
    ...(advisory.cwe === undefined ? {} : { cwe: advisory.cwe }),
    fix: "Update to a version outside the vulnerable range.",
    confidence: "high",
    tool: SCAN.name,
    tool_version: SCAN.version,
  };
}
