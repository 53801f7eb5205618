import { resolve } from "node:path";
import { defineSkill } from "../../core/define-skill.ts";
import type { JsonObject } from "../../core/json.ts";
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

/** Writes what an issue would be told. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    path: { type: "path", default: "." },
    issue: { type: "integer", required: false },
    title: { type: "string", required: false },
    summary: { type: "string", default: "" },
    sections: { type: "object", default: {} },
    labels: { type: "array", default: [] },
    close: { type: "boolean", default: false },
    repository: { type: "string", required: false },
    dry_run: { type: "boolean", default: true },
  },
  outputs: {
    dry_run: { type: "boolean" },
    payload: { type: "object" },
    payload_file: { type: "string" },
    missing: { type: "array" },
    shortened: { type: "boolean" },
    url: { type: "any" },
    number: { type: "any" },
  },
  async run(inputs, context) {
    if (!inputs.dry_run) refusePosting("an issue");
    const { issue } = inputs;
    if (issue !== undefined && issue < 1) throw wrong("/issue", "must be at least 1");
    if (issue === undefined && inputs.close) {
      throw wrong("/close", "needs the number of an issue: a new one is not closed");
    }
    const place = await githubPlace(resolve(context.directory, inputs.path), context.signal);
    const repository =
      inputs.repository === undefined ? place.repository : repositoryName(inputs.repository);
    const { summary, sections } = inputs;
    const { text, isShortened } = githubBody({ summary, sections, footer: footerOf(context) });
    const told: Told = {
      body: text,
      labels: githubLabels(inputs.labels),
      title: githubTitle(inputs.title ?? context.run.cascade),
      isClosed: inputs.close,
    };
    const issues = `/repos/${repository ?? "{owner}/{repo}"}/issues`;
    const requests =
      issue === undefined ? [newIssue(issues, told)] : update(`${issues}/${issue}`, told);
    const missing = [
      ...(repository === undefined ? ["the repository: no remote origin on github.com"] : []),
      "a token that may write issues",
    ];
    const { stageId, index } = context.run;
    const file = { dry_run: true, requests: requests.map(asJson), missing };
    const name = `issue-${stageId.slice(0, 64)}-${index}.json`;
    return {
      dry_run: true,
      payload: Object.fromEntries(requests.map(({ part, body }) => [part, body])),
      payload_file: await writeArtifact(name, `${JSON.stringify(file, undefined, 2)}\n`, context),
      missing,
      shortened: isShortened,
      url: null,
      number: issue ?? null,
    };
  },
});

interface Told {
  readonly body: string;
  readonly labels: readonly string[];
  readonly title: string;
  readonly isClosed: boolean;
}

interface GithubRequest {
  /** Under which name the payload has its body. */
  readonly part: "issue" | "comment" | "labels";
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly body: JsonObject;
}

function newIssue(issues: string, { title, body, labels }: Told): GithubRequest {
  return {
    part: "issue",
    method: "POST",
    path: issues,
    body: { title, body, labels: [...labels] },
  };
}

function update(issue: string, { body, labels, isClosed }: Told): readonly GithubRequest[] {
  const labelled = { labels: [...labels] };
  const closed = { state: "closed", state_reason: "completed" };
  return [
    { part: "comment", method: "POST", path: `${issue}/comments`, body: { body } },
    ...(labels.length === 0
      ? []
      : [{ part: "labels", method: "POST", path: `${issue}/labels`, body: labelled } as const]),
    ...(isClosed ? [{ part: "issue", method: "PATCH", path: issue, body: closed } as const] : []),
  ];
}

function asJson({ method, path, body }: GithubRequest): JsonObject {
  return { method, path, body };
}
