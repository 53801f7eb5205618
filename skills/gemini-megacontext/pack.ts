import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { tokensOfBytes } from "../../core/tokens.ts";
import { type Walked, walk } from "../discover-files/walk.ts";
import type { NotAnalysed } from "../finding.ts";
import { readText } from "../source-file.ts";

/** The texts of a directory in one. */
export interface Pack {
  readonly text: string;
  readonly files: number;
  readonly bytes: number;
  readonly tokens: number;
  readonly leftOut: readonly NotAnalysed[];
}

export interface PackOrder {
  /** How much there is room for, as an estimate. */
  readonly mostTokens: number;
  /** Only these, by their names relative to the directory; undefined: all. */
  readonly chosen?: ReadonlySet<string> | undefined;
}

/** Files that hold keys by their names are never sent to a vendor. */
export const SECRET_FILE =
  /(^|\/)(\.env(\..*)?|\.npmrc|\.netrc|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|key|p12|pfx|jks|keystore))$/i;
/** No secret is in them, whatever they are called. */
const SAMPLE = /\.(example|sample|template)$/i;

/**
 * Reads the text files of a directory, in the order of their names, without what its rules ignore.
 * @param root real path
 * @throws SwarmError `limit-exceeded` with the numbers, before a file is read when their sizes already tell
 */
export async function packDirectory(
  root: string,
  { mostTokens, chosen }: PackOrder,
  signal: AbortSignal,
): Promise<Pack> {
  const walked = await walk(root, signal);
  const leftOut = chosen === undefined ? [...walked.notAnalysed] : missing(chosen, walked);
  const names = walked.files.filter((name) => {
    if (chosen?.has(name) === false) return false;
    const isSecret = SECRET_FILE.test(name) && !SAMPLE.test(name);
    if (isSecret) leftOut.push({ file: name, reason: "may hold a secret" });
    return !isSecret;
  });
  const parts: string[] = [];
  let bytes = 0;
  let files = 0;
  for (const name of names.toSorted()) {
    signal.throwIfAborted();
    const source = await readText(root, name);
    if (source.status !== "source") {
      leftOut.push({ file: name, reason: source.reason });
      continue;
    }
    files += 1;
    bytes += source.bytes;
    // Beyond the limit nothing is kept: the rest is only counted, for the message.
    if (tokensOfBytes(bytes) > mostTokens) continue;
    parts.push(`<file path=${JSON.stringify(name)}>\n${source.text}\n</file>\n`);
  }
  const text = parts.join("\n");
  const tokens = tokensOfBytes(Math.max(bytes, Buffer.byteLength(text)));
  if (tokens > mostTokens) throw tooMuch({ root, files, bytes, tokens, mostTokens });
  return { text, files, bytes, tokens, leftOut };
}

/** Of the files that were asked for, those that are not there to be read. */
function missing(chosen: ReadonlySet<string>, { files, notAnalysed }: Walked): NotAnalysed[] {
  const present = new Set(files);
  return [...chosen]
    .filter((name) => !present.has(name))
    .map(
      (name) =>
        notAnalysed.find(({ file }) => file === name) ?? {
          file: name,
          reason: "is not in the directory, or is ignored",
        },
    );
}

function tooMuch(found: {
  readonly root: string;
  readonly files: number;
  readonly bytes: number;
  readonly tokens: number;
  readonly mostTokens: number;
}): SwarmError {
  const { root, files, bytes, tokens, mostTokens } = found;
  return new SwarmError(
    "limit-exceeded",
    `${root} has ${files} text files with ${bytes} bytes, about ${tokens} tokens; there is room for ${mostTokens}`,
    { hint: "give a part of it as `path`, or leave files out by a .cascadeignore" },
  );
}

/** Whether something is a directory. */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await lstat(join(path, "."))).isDirectory();
  } catch {
    return false; // whoever asks says that it cannot be read
  }
}
