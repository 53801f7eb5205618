/** A token of any language. Comments and blanks are none. */
export interface Token {
  readonly kind: "word" | "string" | "number" | "mark";
  readonly text: string;
  /** From 1, where it begins and ends. */
  readonly line: number;
  readonly endLine: number;
}

/** What a simple reader has to know of a language. */
interface Lexicon {
  readonly lineComments: readonly string[];
  readonly blockComment?: readonly [open: string, close: string];
  /** Longest first. A string that opens with one of several characters, or a backtick, may go over lines. */
  readonly quotes: readonly string[];
}

const C_LIKE: Lexicon = {
  lineComments: ["//"],
  blockComment: ["/*", "*/"],
  quotes: ['"""', '"', "'", "`"],
};
const HASH: Lexicon = { lineComments: ["#"], quotes: ['"""', "'''", '"', "'", "`"] };
const DASHES: Lexicon = {
  lineComments: ["--"],
  blockComment: ["/*", "*/"],
  quotes: ['"', "'", "`"],
};

const LEXICONS: Readonly<Record<string, Lexicon>> = {
  Python: HASH,
  Ruby: HASH,
  Shell: HASH,
  Perl: HASH,
  Elixir: HASH,
  PHP: { ...C_LIKE, lineComments: ["//", "#"] },
  SQL: DASHES,
  Lua: { lineComments: ["--"], blockComment: ["--[[", "]]"], quotes: ['"', "'"] },
  Rust: { ...C_LIKE, quotes: ['"'] },
};

const BLANK = /[^\S\n]+/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /\d[\w.]*/y;
/** Only what tells how a name is reached has to stay together. */
const MARK = /->|=>|\?\.|::|[\s\S]/y;

/** Reads the tokens of a text. It never fails: what it does not know is a mark, and a string ends with its line. */
export function readTokens(text: string, language: string): Token[] {
  const lexicon = LEXICONS[language] ?? C_LIKE;
  const tokens: Token[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    if (text[at] === "\n") {
      line++;
      at++;
      continue;
    }
    const blank = endOf(BLANK, text, at) ?? endOfComment(lexicon, text, at);
    const { kind, end } = blank === undefined ? nextToken(lexicon, text, at) : blankTo(blank);
    const endLine = line + countBreaks(text, at, end);
    if (kind !== "blank") tokens.push({ kind, text: text.slice(at, end), line, endLine });
    line = endLine;
    at = end;
  }
  return tokens;
}

interface Step {
  readonly kind: Token["kind"] | "blank";
  readonly end: number;
}

function blankTo(end: number): Step {
  return { kind: "blank", end };
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function endOfComment(lexicon: Lexicon, text: string, at: number): number | undefined {
  const [open, close] = lexicon.blockComment ?? [];
  if (open !== undefined && close !== undefined && text.startsWith(open, at)) {
    return after(text, close, at + open.length);
  }
  if (!lexicon.lineComments.some((each) => text.startsWith(each, at))) return undefined;
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** Without an end it takes the rest, so that no text is looked through twice. */
function after(text: string, close: string, from: number): number {
  const at = text.indexOf(close, from);
  return at === -1 ? text.length : at + close.length;
}

function nextToken(lexicon: Lexicon, text: string, at: number): Step {
  const quote = lexicon.quotes.find((each) => text.startsWith(each, at));
  if (quote !== undefined) return { kind: "string", end: endOfString(text, at, quote) };
  const word = endOf(WORD, text, at);
  if (word !== undefined) return { kind: "word", end: word };
  const number = endOf(NUMBER, text, at);
  if (number !== undefined) return { kind: "number", end: number };
  return { kind: "mark", end: endOf(MARK, text, at) ?? at + 1 };
}

function endOfString(text: string, start: number, quote: string): number {
  if (quote.length > 1) return after(text, quote, start + quote.length);
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === quote) return at + 1;
    else if (character === "\n" && quote !== "`") return at;
  }
  return text.length;
}

function countBreaks(text: string, from: number, to: number): number {
  let breaks = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) {
    breaks++;
  }
  return breaks;
}
