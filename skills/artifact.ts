import { SwarmError } from "../core/errors.ts";
import type { SkillContext } from "../core/skill.ts";

/**
 * Writes a file of the run. Answers its absolute path.
 * @throws SwarmError `storage-full` or `path-unreadable` when the folder cannot be written
 */
export async function writeArtifact(
  name: string,
  content: string | Uint8Array,
  context: Pick<SkillContext, "runFolder" | "writeArtifact">,
): Promise<string> {
  try {
    return await context.writeArtifact(name, content);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof SwarmError || code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw new SwarmError(
      code === "ENOSPC" ? "storage-full" : "path-unreadable",
      `${name} cannot be written to ${context.runFolder} (${code})`,
      { cause: error, hint: "make the folder writable, or start the run from another directory" },
    );
  }
}
