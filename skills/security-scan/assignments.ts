import { basename } from "node:path";
import { entropyOf, isPlaceholder } from "./placeholders.ts";

/** A secret that stands in a text. */
export interface Secret {
  /** What it opens, such as `password` or `aws`. */
  readonly kind: string;
  /** Where it begins in the text, and how long it is, in UTF-16 units. */
  readonly start: number;
  readonly length: number;
  readonly cwe: "CWE-798" | "CWE-321";
  readonly severity: "critical" | "high";
  readonly confidence: "high" | "medium";
}

const NAME =
  "(pass(?:word|wd|phrase)|secret|api[-_]?key|access[-_]?key|(?:access|auth|api|bot)[-_]?token|private[-_]?key|client[-_]?secret)";
/** All repetitions are bounded, so the time is linear in the text. */
const QUOTED = new RegExp(
  `${NAME}[A-Za-z0-9_]{0,20}["'\`]?\\s{0,4}(?::\\s{0,4}string\\s{0,4})?(?:=>|:=|=|:)\\s{0,4}(["'\`])([^"'\`\\s]{8,200})\\2`,
  "gi",
);
const UNQUOTED = new RegExp(
  `^[ \\t]{0,40}(?:export )?[A-Za-z0-9_.-]{0,40}?${NAME}[A-Za-z0-9_]{0,20}[ \\t]{0,4}[=:][ \\t]{0,4}([^\\s"'\`#;]{8,200})[ \\t]{0,40}\\r?$`,
  "gim",
);

/** Passwords and keys that are assigned to a name that says so. Prefers to miss one over naming what is none. */
export function findAssignedSecrets(file: string, text: string): Secret[] {
  const quoted = matchesOf(QUOTED, text, { name: 1, value: 3 });
  return isSettings(file)
    ? [...quoted, ...matchesOf(UNQUOTED, text, { name: 1, value: 2 })]
    : quoted;
}

/** Files in which values stand without quotes. */
function isSettings(file: string): boolean {
  return /^\.env(?:\..{1,40})?$|\.(?:env|ini|properties|conf|cfg|ya?ml|toml)$/i.test(
    basename(file),
  );
}

function matchesOf(
  pattern: RegExp,
  text: string,
  groups: { readonly name: number; readonly value: number },
): Secret[] {
  const found: Secret[] = [];
  for (const match of text.matchAll(pattern)) {
    const name = match[groups.name] ?? "";
    const value = match[groups.value] ?? "";
    const isPassword = /^pass/i.test(name);
    if (isPassword ? !isChosen(value) : !isKey(value)) continue;
    found.push({
      kind: isPassword ? "password" : "key",
      start: match.index + match[0].lastIndexOf(value),
      length: value.length,
      cwe: "CWE-798",
      severity: "high",
      confidence: "medium",
    });
  }
  return found;
}

/** A password that somebody chose has several kinds of characters; a word or a name in the code has not. */
function isChosen(value: string): boolean {
  if (isPlaceholder(value) || isReference(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  return kinds >= 3 && entropyOf(value) >= 2.8;
}

/** A key that a machine made: long, letters and digits mixed, hardly a character more often than another. */
function isKey(value: string): boolean {
  if (value.length < 16 || isPlaceholder(value) || isReference(value)) return false;
  return (
    /^[A-Za-z0-9+/=_.~-]+$/.test(value) &&
    /\d/.test(value) &&
    /[A-Za-z]/.test(value) &&
    isRandom(value)
  );
}

function isRandom(value: string): boolean {
  const isHex = /^[0-9a-f]+$/i.test(value);
  return entropyOf(value) >= (isHex ? 3 : 3.6);
}

/** A path, an address, a pattern, a name of something else, or words and numbers joined by dashes or dots. */
function isReference(value: string): boolean {
  return (
    /^(?:[./~@#]|https?:|file:|sha\d{1,3}-)/i.test(value) ||
    /^(?:[A-Za-z]+|\d{1,4})(?:[-_./:](?:[A-Za-z]+|\d{1,4}))*$/.test(value) ||
    /^[a-z][A-Za-z]{0,60}(?:\.[A-Za-z_]{1,60}){1,8}(?:\(|$)/.test(value) ||
    /^[a-z]+(?:[A-Z][a-z]+)+\d{0,2}$/.test(value) ||
    /\[[^\]]{1,60}\]|\{\d/.test(value)
  );
}
