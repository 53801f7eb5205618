import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { SwarmError } from "../../core/errors.ts";
import { LIMITS, refuseOver } from "./limits.ts";

const CHUNK_BYTES = 65_536;

/** An open file that is read once, from its beginning. */
export interface DataFile extends AsyncDisposable {
  /** As it was asked for, for errors. */
  readonly path: string;
  /** The first characters, without a byte order mark. */
  readonly head: string;
  /** The whole text in pieces. @throws SwarmError `invalid-input` when it is no text, or the signal's reason */
  texts(signal: AbortSignal): AsyncGenerator<string>;
}

/**
 * Opens a plain file; pipes and devices are never waited for.
 * @throws SwarmError `path-not-found`, `path-unreadable`, `limit-exceeded` or `invalid-input`
 */
export async function openDataFile(path: string): Promise<DataFile> {
  const handle = await openPlain(path);
  try {
    const { size } = await handle.stat();
    refuseOver("fileBytes", size, path);
    const first = Buffer.alloc(Math.min(size, CHUNK_BYTES));
    const { bytesRead } = await handle.read(first, 0, first.length, 0);
    const start = first.subarray(0, bytesRead);
    const encoding = encodingOf(start);
    return {
      path,
      head: new TextDecoder(encoding).decode(start, { stream: true }),
      texts: (signal) => readTexts(handle, { path, encoding, signal }),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openPlain(path: string): Promise<FileHandle> {
  try {
    const handle = await open(await realpath(path), constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    throw new SwarmError(
      isMissing ? "path-not-found" : "path-unreadable",
      `${path} ${isMissing ? "does not exist" : `cannot be read (${code ?? String(error)})`}`,
      { cause: error, location: { file: path } },
    );
  }
  throw new SwarmError("path-unreadable", `${path} is not a plain file`, {
    location: { file: path },
  });
}

function encodingOf(start: Buffer): "utf-8" | "utf-16le" | "utf-16be" {
  const mark = start.subarray(0, 2).toString("hex");
  return mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : "utf-8";
}

async function* readTexts(
  handle: FileHandle,
  { path, encoding, signal }: { path: string; encoding: string; signal: AbortSignal },
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, position);
    position += bytesRead;
    if (position > LIMITS.fileBytes) refuseOver("fileBytes", position, path);
    const text = decoded(decoder, buffer.subarray(0, bytesRead), path);
    if (text !== "") yield text;
    if (bytesRead === 0) return;
  }
}

/** No bytes mean the end. */
function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer, path: string): string {
  try {
    return decoder.decode(bytes, { stream: bytes.length > 0 });
  } catch (error) {
    throw new SwarmError("invalid-input", `${path} is not ${decoder.encoding.toUpperCase()} text`, {
      hint: "save it as UTF-8",
      location: { file: path },
      cause: error,
    });
  }
}
