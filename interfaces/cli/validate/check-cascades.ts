import { resolve } from "node:path";
import { SwarmError } from "../../../core/errors.ts";
import { compileCascade } from "../../../language/compile.ts";
import type { Diagnostic, Warning } from "../../../language/diagnostic.ts";
import { type CascadeFile, filesNamed, isFolder, orError } from "../cascade-files/cascade-files.ts";
import { type Installed, isCascadePath } from "../installed.ts";

/** What was found out about one cascade. */
export type Checked =
  | {
      readonly status: "valid";
      readonly file: string;
      readonly text: string;
      readonly cascade: string;
      readonly stages: number;
      readonly problems: readonly Warning[];
    }
  | {
      readonly status: "invalid";
      readonly file: string;
      readonly text: string;
      readonly problems: readonly (Diagnostic | Warning)[];
    }
  | { readonly status: "unreadable"; readonly file: string; readonly error: SwarmError };

/** Checks everything that the words name; one that cannot be read keeps no other from being checked. */
export async function checkCascades(
  targets: readonly string[],
  { directory, installed }: { readonly directory: string; readonly installed: Installed },
): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  for (const target of targets) {
    const files = await orError(cascadesNamed(target, directory, installed));
    if (files instanceof SwarmError) {
      checked.push({ status: "unreadable", file: target, error: files });
      continue;
    }
    for (const file of files) checked.push(await checkFile(file, installed));
  }
  return checked;
}

/** As for `run`, a word without a slash and an ending is a name; only if none is registered, it may be a folder. */
async function cascadesNamed(
  target: string,
  directory: string,
  { cascades }: Installed,
): Promise<readonly CascadeFile[]> {
  const isName = !isCascadePath(target) && target !== "-";
  if (isName && !(await isFolder(resolve(directory, target)))) {
    const { text, file } = await cascades.source(target);
    return [{ label: file, path: file, read: async () => text }];
  }
  return filesNamed(target, directory);
}

async function checkFile(
  { label, read }: CascadeFile,
  { skills, cascades }: Installed,
): Promise<Checked> {
  const file = label;
  const text = await orError(read());
  if (text instanceof SwarmError) return { status: "unreadable", file, error: text };
  const compiled = compileCascade({ text, file }, skills, cascades.sources);
  if (!compiled.ok) return { status: "invalid", file, text, problems: compiled.diagnostics };
  const { plan, warnings } = compiled;
  const { cascade, stages } = plan;
  return { status: "valid", file, text, cascade, stages: stages.length, problems: warnings };
}
