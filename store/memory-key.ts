import { isToken, parseRunId } from "../core/ids.ts";
import { checkedMemoryKey, type MemorySpace } from "../core/memory.ts";

/**
 * How a key of the memory is called in its bucket: `run.<run>.<key>`, `cascade.<cascade>.<name>.<key>`, `global.<key>`.
 * The last part is any text as one token: what is no letter, digit, `_` or `-` stands as `=` and the hex of its bytes.
 */
export function bucketKey(space: MemorySpace, key: string): string {
  return `${bucketPrefix(space)}${encoded(checkedMemoryKey(key))}`;
}

/** What the keys of a space begin with in the bucket. */
export function bucketPrefix(space: MemorySpace): string {
  switch (space.kind) {
    case "run":
      return `run.${token(space.run)}.`;
    case "cascade":
      return `cascade.${token(space.cascade)}.${token(space.name)}.`;
    case "global":
      return "global.";
    default:
      return space satisfies never;
  }
}

/** The space and the key of a name in the bucket; undefined when nothing of ours is called so. */
export function readBucketKey(
  name: string,
): { readonly space: MemorySpace; readonly key: string } | undefined {
  const [kind, ...rest] = name.split(".");
  const [first = "", second = "", third] = rest;
  if (kind === "global" && rest.length === 1) return found({ kind: "global" }, first);
  if (kind === "run" && rest.length === 2 && isToken(first)) {
    return found({ kind: "run", run: parseRunId(first) }, second);
  }
  if (kind === "cascade" && third !== undefined && rest.length === 3) {
    return found({ kind: "cascade", cascade: first, name: second }, third);
  }
  return undefined;
}

function found(space: MemorySpace, name: string): { space: MemorySpace; key: string } | undefined {
  const key = decoded(name);
  return key === undefined ? undefined : { space, key };
}

function encoded(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w-]/.test(character) ? character : `=${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

function decoded(name: string): string | undefined {
  const isWellFormed = /^(?:[\w-]|=[0-9a-f]{2})+$/.test(name);
  if (!isWellFormed) return undefined;
  try {
    return decodeURIComponent(name.replaceAll("=", "%"));
  } catch {
    return undefined; // bytes that are not UTF-8: none of ours
  }
}

function token(text: string): string {
  if (!isToken(text)) throw new Error(`not a token: ${JSON.stringify(text).slice(0, 80)}`);
  return text;
}
