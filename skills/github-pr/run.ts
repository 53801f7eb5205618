import { resolve } from "node:path";
import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import { writeArtifact } from "../artifact.ts";
import {
  footerOf,
  githubLabels,
  githubPlace,
  githubTitle,
  refusePosting,
  repositoryName,
  wrong,
} from "../github-payload.ts";
import { githubBody } from "../github-text.ts";
import { filesOf, type PatchedFile, patchText } from "../patch-text.ts";

/** Writes what a pull request would say. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    path: { type: "path", default: "." },
    patch: { type: "string", required: false },
    title: { type: "string", required: false },
    summary: { type: "string", default: "" },
    sections: { type: "object", default: {} },
    labels: { type: "array", default: [] },
    repository: { type: "string", required: false },
    base: { type: "string", required: false },
    branch: { type: "string", required: false },
    draft: { type: "boolean", default: false },
    dry_run: { type: "boolean", default: true },
  },
  outputs: {
    dry_run: { type: "boolean" },
    payload: { type: "object" },
    payload_file: { type: "string" },
    changed_files: { type: "any" },
    missing: { type: "array" },
    shortened: { type: "boolean" },
    url: { type: "any" },
    number: { type: "any" },
  },
  async run(inputs, context) {
    if (!inputs.dry_run) refusePosting("a pull request");
    const patch = inputs.patch === undefined ? undefined : await patchText(inputs.patch);
    const files = patch === undefined ? undefined : changedFiles(patch);
    const place = await githubPlace(resolve(context.directory, inputs.path), context.signal);
    const { runId, cascade, stageId, index } = context.run;
    const repository =
      inputs.repository === undefined ? place.repository : repositoryName(inputs.repository);
    const base = inputs.base ?? place.branch;
    const head = branchName(inputs.branch ?? `cascade/${cascade}-${runId.slice(-8)}`, "/branch");
    if (base !== undefined) branchName(base, "/base");
    const { text, isShortened } = githubBody({
      summary: inputs.summary,
      sections: {
        ...(files === undefined ? {} : { "What changes": [...files] }),
        ...inputs.sections,
      },
      footer: footerOf(context),
    });
    const title = githubTitle(inputs.title ?? defaultTitle(cascade, files));
    const labels = githubLabels(inputs.labels);
    const payload = {
      pull_request: { title, head, base: base ?? null, body: text, draft: inputs.draft },
      labels: { labels: [...labels] },
    };
    const missing = [
      ...(patch === undefined ? ["a patch: nothing says what the branch holds"] : []),
      ...(repository === undefined ? ["the repository: no remote origin on github.com"] : []),
      ...(base === undefined ? ["the base branch: none is checked out"] : []),
      `the branch ${head} with the changes has to be pushed`,
      "a token that may open pull requests",
    ];
    const requests = [
      {
        method: "POST",
        path: `/repos/${repository ?? "{owner}/{repo}"}/pulls`,
        body: payload.pull_request,
      },
      ...(labels.length === 0
        ? []
        : [
            {
              method: "POST",
              path: `/repos/${repository ?? "{owner}/{repo}"}/issues/{number}/labels`,
              body: payload.labels,
            },
          ]),
    ];
    const file = { dry_run: true, requests, patch: patch ?? null, missing };
    const name = `pull-request-${stageId.slice(0, 64)}-${index}.json`;
    return {
      dry_run: true,
      payload,
      payload_file: await writeArtifact(name, `${JSON.stringify(file, undefined, 2)}\n`, context),
      changed_files: files === undefined ? null : [...files],
      missing,
      shortened: isShortened,
      url: null,
      number: null,
    };
  },
});

function changedFiles(patch: string): readonly PatchedFile[] {
  const files = filesOf(patch);
  if (files.length > 0) return files;
  throw new SwarmError(
    "nothing-to-do",
    "the patch changes no file, so there is nothing to propose",
    {
      hint: 'guard the stage: when: ${… .patch != ""}',
      location: { pointer: "/patch" },
    },
  );
}

function defaultTitle(cascade: string, files: readonly PatchedFile[] | undefined): string {
  if (files === undefined) return cascade;
  return `${cascade}: ${files.length === 1 ? (files[0]?.file ?? "") : `${files.length} files`}`;
}

/** The rules of `git check-ref-format`, narrowed to what is plain to read. */
function branchName(name: string, pointer: string): string {
  const isName =
    /^[\w][\w./+-]{0,199}$/.test(name) &&
    !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/.test(name) &&
    name !== "HEAD";
  if (isName) return name;
  throw wrong(pointer, `${JSON.stringify(name)} is no name of a branch`);
}
