import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import type { SandboxMount } from "../../core/sandbox.ts";
import { BOX } from "./box-paths.ts";

/** The program that runs JavaScript in the box. */
export const NODE = `${BOX.node}/node`;

/** This process's own Node.js, read-only. */
export async function nodeMount(): Promise<SandboxMount> {
  return { kind: "read-only", source: dirname(await realpath(process.execPath)), target: BOX.node };
}
