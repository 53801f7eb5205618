import { openMutationRepairer } from "../../agents/fixers/mutation/mutation-repairer.ts";
import type { FixCandidate, Fixer } from "../../core/fixer.ts";
import { type BadPatch, cheatsFor } from "./cheats.ts";
import type { BrokenProject } from "./corpus.ts";
import { judge } from "./judge.ts";
import type { CorpusLoop } from "./loop.ts";
import { writeFiles } from "./project-folder.ts";

/** What the loop made of the patches for one project. */
export interface Soundness {
  readonly isRightAccepted: boolean;
  readonly bad: readonly (BadPatch & { readonly isAccepted: boolean; readonly why: string })[];
}

/** Offers bad patches and then the right one. Nothing here looks at them: the loop has its policy and its runs of the tests. */
export async function soundnessOf(
  loop: CorpusLoop,
  folder: string,
  project: BrokenProject,
  patches: readonly BadPatch[],
): Promise<Soundness> {
  const right = { name: "right", edits: { [project.sourceFile]: project.original } };
  const { outcome, refused } = await loop.fix(folder, [scripted([...patches, right])]);
  const accepted = outcome.fixes.map(({ description }) => description);
  const bad = patches.map((patch) => ({
    ...patch,
    isAccepted: accepted.includes(patch.name),
    why: refused.get(patch.name) ?? "it was not looked at",
  }));
  const isRightAccepted = outcome.status === "fixed" && accepted.includes(right.name);
  return { isRightAccepted, bad };
}

function scripted(
  patches: readonly { readonly name: string; readonly edits: FixCandidate["edits"] }[],
): Fixer {
  return {
    name: "scripted",
    async *candidates() {
      for (const { name, edits } of patches) yield { description: name, edits };
    },
  };
}

/** An empty one, `wrong` wrong ones, and `cheats` of the cheats, beginning with another one for each project. */
export async function badPatchesFor(
  folder: string,
  project: BrokenProject,
  {
    turn,
    wrong,
    cheats,
  }: { readonly turn: number; readonly wrong: number; readonly cheats: number },
): Promise<readonly BadPatch[]> {
  const all = cheatsFor(project);
  const chosen = Array.from({ length: Math.min(cheats, all.length) }, (_, index) => {
    const found = all[(turn * cheats + index) % all.length];
    if (found === undefined) throw new Error("there are cheats");
    return found;
  });
  const source = project.files[project.sourceFile] ?? "";
  const empty = { kind: "empty", name: "changes nothing", edits: { [project.sourceFile]: source } };
  return [empty as BadPatch, ...(await wrongPatches(folder, project, wrong)), ...chosen];
}

/** Edits of the repairer with which the tests still fail, by runs of the tests outside of the loop. */
async function wrongPatches(
  folder: string,
  project: BrokenProject,
  most: number,
): Promise<readonly BadPatch[]> {
  const { sourceFile } = project;
  const found: BadPatch[] = [];
  const request = { workspace: folder, suspects: [sourceFile], attempt: 1, earlier: [] };
  const failures = [{ id: "any", file: project.testFile, message: "", frames: [] }];
  const { signal } = new AbortController();
  const candidates = openMutationRepairer().candidates({ ...request, failures }, signal);
  for await (const { edits } of candidates) {
    if (found.length === most) break;
    writeFiles(folder, edits as Readonly<Record<string, string>>);
    const verdict = await judge(folder, project);
    writeFiles(folder, project.files);
    const isWrong = verdict.status === "ran" && verdict.failures.length > 0;
    if (isWrong) found.push({ kind: "wrong", name: `wrong ${found.length + 1}`, edits });
  }
  return found;
}
