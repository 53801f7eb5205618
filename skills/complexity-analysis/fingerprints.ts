import { CLONE_TOKENS, type FileFingerprints, type Fingerprint } from "../duplication.ts";
import { withoutImports } from "./import-lists.ts";
import { readTokens, type Token } from "./tokens.ts";

/** Of so many windows in a row one is kept, so that a clone of a few lines more than a window is always seen. */
const WINNOW = 2;
/** What a file may add to a batch's output. */
const MOST_FINGERPRINTS = 4_000;
/** A window with fewer different sequences of three tokens is a table or a list, and those look alike. */
const LEAST_VARIETY = 22;

/** Words that mean the same in every place. They are those of all languages together: a few more make no difference. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `abstract and as assert async await begin break case catch class const constructor continue def default defer del delete
  do elif else elsif end enum except export extends false final finally fn for foreach from func function global go goto if
  impl implements import in instanceof interface is lambda let loop map match mod module mut namespace new nil none None
  not null or package pass private protected public pub raise range ref return select self static struct super switch
  synchronized template then this throw throws trait true True False try type typeof union unless until use using val var
  virtual void volatile when where while with yield`.split(/\s+/),
);
const REACHES: ReadonlySet<string> = new Set([".", "?.", "->", "::"]);
const CLOSING: ReadonlySet<string> = new Set([")", "}", "]", ";", ",", "end"]);

/**
 * Hashes windows of {@link CLONE_TOKENS} tokens that begin with a line. Names stand for the order in which they come up in
 * the window, so a copy whose names were changed throughout has the same hash; names after a dot stay as they are.
 * Of the windows some are kept, by winnowing: Schleimer, Wilkerson, Aiken, *Winnowing: local algorithms for document
 * fingerprinting*, SIGMOD 2003.
 */
export function fingerprintsOf(file: string, text: string, language: string): FileFingerprints {
  const tokens = withoutImports(readTokens(text, language), language);
  const symbols = tokens.map((token, at) => symbolOf(token, tokens[at - 1]));
  const windows: Fingerprint[] = [];
  for (let at = 0; at + CLONE_TOKENS <= tokens.length; at++) {
    const first = tokens[at];
    const last = tokens[at + CLONE_TOKENS - 1];
    if (first === undefined || last === undefined || !beginsLine(tokens, at)) continue;
    if (variety(symbols, at) < LEAST_VARIETY) continue;
    windows.push([hashWindow(symbols, at), at, first.line, last.endLine]);
  }
  const winnowed = winnow(windows);
  const kept = thin(winnowed);
  return {
    file,
    tokens: tokens.length,
    fingerprints: kept,
    left_out: winnowed.length - kept.length,
  };
}

/** What a token counts as: a hash, or for a name that may differ between copies the name itself. */
type Symbol = number | string;

const NAME = 1;
const LITERALS = { string: 2, number: 3 } as const;

function symbolOf(token: Token, before: Token | undefined): Symbol {
  if (token.kind === "string" || token.kind === "number") return LITERALS[token.kind];
  const isName =
    token.kind === "word" && !KEYWORDS.has(token.text) && !REACHES.has(before?.text ?? "");
  return isName ? token.text : hashText(token.text);
}

/** FNV-1a of 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** A line of nothing but what closes the one above begins no window. */
function beginsLine(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  return token !== undefined && tokens[at - 1]?.endLine !== token.line && !CLOSING.has(token.text);
}

function variety(symbols: readonly Symbol[], start: number): number {
  const kindAt = (at: number): number => {
    const symbol = symbols[at];
    return typeof symbol === "number" ? symbol : NAME;
  };
  const seen = new Set<number>();
  for (let at = start; at + 2 < start + CLONE_TOKENS; at++) {
    seen.add(mix(mix(kindAt(at), kindAt(at + 1)), kindAt(at + 2)));
  }
  return seen.size;
}

/** 48 bits, which a JSON number holds exactly. */
function hashWindow(symbols: readonly Symbol[], start: number): number {
  const order = new Map<string, number>();
  let high = 0x811c9dc5;
  let low = 0x9747b28c;
  for (let at = start; at < start + CLONE_TOKENS; at++) {
    const symbol = symbols[at] ?? 0;
    const value = typeof symbol === "number" ? symbol : nameIn(order, symbol);
    high = mix(high, value);
    low = mix(low, value + at - start);
  }
  return (high >>> 8) * 0x1000000 + (low >>> 8);
}

function nameIn(order: Map<string, number>, name: string): number {
  const known = order.get(name) ?? order.size;
  order.set(name, known);
  return NAME + 0x10000 * (known + 1);
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) ^ (mixed >>> 16);
}

/** The smallest of each few in a row, the last of equals. */
function winnow(windows: readonly Fingerprint[]): Fingerprint[] {
  const kept = new Set<Fingerprint>();
  for (let start = 0; start < Math.max(1, windows.length - WINNOW + 1); start++) {
    const row = windows.slice(start, start + WINNOW);
    const [first, ...rest] = row;
    if (first === undefined) break;
    kept.add(rest.reduce((least, each) => (each[0] <= least[0] ? each : least), first));
  }
  return [...kept];
}

/** Chosen by the hash alone, so that copies in other files keep the same ones. */
function thin(fingerprints: readonly Fingerprint[]): readonly Fingerprint[] {
  let kept = fingerprints;
  for (let share = 2; kept.length > MOST_FINGERPRINTS; share *= 2) {
    kept = fingerprints.filter(([hash]) => hash % share === 0);
    if (share > MOST_FINGERPRINTS * MOST_FINGERPRINTS) return kept.slice(0, MOST_FINGERPRINTS);
  }
  return kept;
}
