import { isAbsolute, normalize, relative } from "node:path/posix";

/** A place in the code as somebody's tool wrote it. */
export interface WrittenFrame {
  /** A path, or its end. */
  readonly path: string;
  readonly line: number;
  /** The function, where the tool says it. */
  readonly name?: string;
}

/** A place in a file of the project. */
export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly name?: string;
}

/** Of a longer log the end is read: that is where it failed. */
const LONGEST_LOG = 200_000;
const LONGEST_LINE = 2_000;
const MOST_FRAMES = 200;

/** How the stack traces and error lists of the usual tools name a place. All repetitions are bounded. */
const FORMS: readonly { readonly form: RegExp; readonly isInnermostLast?: true }[] = [
  // Node and browsers: `at name (file:///a/b.ts:1:2)`, `at /a/b.ts:1:2`
  {
    form: /^\s*(?:❯|at)\s+(?:async\s+)?(?:(?<name>[^()]{1,200}?)\s+\()?(?:file:\/\/)?(?<path>[^\s():]{1,400}\.\w{1,8}):(?<line>\d{1,7})(?::\d+)?\)?/,
  },
  // Java: `at a.b.C.name(C.java:1)`
  {
    form: /^\s*at\s+(?:[\w.$]{1,100}\/)?(?<package>(?:[a-z_][\w]{0,60}\.){0,12})[\w$]{1,120}\.(?<name>[\w$<>]{1,120})\((?<path>\w{1,120}\.(?:java|kt|scala)):(?<line>\d{1,7})\)/,
  },
  // Python: `File "a/b.py", line 1, in name`
  {
    form: /^\s*File "(?<path>[^"]{1,400})", line (?<line>\d{1,7})(?:, in (?<name>[^\s]{1,200}))?/,
    isInnermostLast: true,
  },
  // TypeScript's compiler: `a/b.ts(1,2): error`
  { form: /^(?<path>[^\s():]{1,400}\.\w{1,8})\((?<line>\d{1,7}),\d+\):/ },
  // Rust: `panicked at src/a.rs:1:2`; Go: `\t/a/b.go:1 +0x1`; pytest, compilers, linters: `a/b.py:1: message`
  {
    form: /(?:^|[\s("'`[])(?<path>(?:[\w@~.+-]{1,100}\/){0,20}[\w@.+-]{1,120}\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|rb|php|cs|cpp|cc|c|h|swift|vue|svelte|scala)|\/[^\s:()"']{1,400}\.\w{1,8}):(?<line>\d{1,7})\b/,
  },
];

/** What caused an error is told after it, and is nearer to the cause. */
const CAUSED_BY = /^\s*(?:Caused by:|\[cause\]:|The above exception was the direct cause)/m;

/** The places that a log names, the innermost of the last cause first. Pure. */
export function framesIn(log: string): WrittenFrame[] {
  const parts = log.slice(-LONGEST_LOG).split(CAUSED_BY);
  return parts.reverse().flatMap(framesOfPart).slice(0, MOST_FRAMES);
}

function framesOfPart(text: string): WrittenFrame[] {
  const firstInner: WrittenFrame[] = [];
  const lastInner: WrittenFrame[] = [];
  for (const line of text.split("\n")) {
    for (const { form, isInnermostLast } of FORMS) {
      const found = form.exec(line.slice(0, LONGEST_LINE))?.groups;
      if (found === undefined) continue;
      (isInnermostLast === true ? lastInner : firstInner).push(frameOf(found));
      break;
    }
  }
  return [...lastInner.reverse(), ...firstInner];
}

function frameOf(groups: Readonly<Record<string, string | undefined>>): WrittenFrame {
  const { path = "", line = "1", name, package: folder = "" } = groups;
  return {
    path: `${folder.replaceAll(".", "/")}${path}`,
    line: Number(line),
    ...(name === undefined ? {} : { name: name.replace(/^(?:Object|Module)\./, "") }),
  };
}

/**
 * The frames in the project's own files. A path of another machine is told by its end, when that is the end of one file only.
 * @param root real path of the project
 * @param files of the project, relative
 */
export function ownFrames(
  frames: readonly WrittenFrame[],
  { root, files }: { readonly root: string; readonly files: readonly string[] },
): Frame[] {
  const known = new Set(files);
  const byName = Map.groupBy(files, nameOf);
  const seen = new Set<string>();
  return frames.flatMap(({ path, line, name }) => {
    const file = fileOf(path, { root, known, byName });
    const key = `${file}:${line}`;
    if (file === undefined || seen.has(key)) return [];
    seen.add(key);
    return [{ file, line, ...(name === undefined ? {} : { name }) }];
  });
}

interface Project {
  readonly root: string;
  readonly known: ReadonlySet<string>;
  readonly byName: ReadonlyMap<string, readonly string[]>;
}

function fileOf(path: string, { root, known, byName }: Project): string | undefined {
  if (/(?:^|\/)node_modules\/|^node:|\/site-packages\//.test(path)) return undefined;
  const plain = normalize(path.replaceAll("\\", "/").replace(/^file:\/\//, ""));
  const own = isAbsolute(plain) ? relative(root, plain) : plain;
  if (known.has(own)) return own;
  const parts = plain.split("/").filter((part) => part !== "." && part !== "..");
  let candidates = byName.get(parts.at(-1) ?? "") ?? [];
  for (let length = 2; candidates.length > 1 && length <= parts.length; length++) {
    const end = parts.slice(-length).join("/");
    candidates = candidates.filter((file) => file === end || file.endsWith(`/${end}`));
  }
  return candidates.length === 1 ? candidates[0] : undefined;
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}
