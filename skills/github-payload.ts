import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { SkillContext } from "../core/skill.ts";
import { findRepository, git } from "./git.ts";
import { GITHUB_LIMITS } from "./github-text.ts";
import { code } from "./markdown-text.ts";
import { shortened } from "./visible-text.ts";

/** Where a project is on GitHub, as far as its own repository tells. */
export interface GithubPlace {
  /** `owner/name`; undefined when no remote says it. */
  readonly repository: string | undefined;
  /** The branch that is checked out; undefined when there is none. */
  readonly branch: string | undefined;
}

const REMOTE =
  /^(?:https:\/\/(?:[^@/]*@)?|ssh:\/\/git@|git@)github\.com[:/]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/;
const FULL_NAME = /^[\w.-]+\/[\w.-]+$/;

/** Reads it from the repository, without a network. @param root of the project, absolute */
export async function githubPlace(root: string, signal: AbortSignal): Promise<GithubPlace> {
  const repository = await findRepository(root);
  if ("reason" in repository) return { repository: undefined, branch: undefined };
  const said = async (args: readonly string[]): Promise<string | undefined> => {
    const answer = await git(repository, args, signal);
    return "text" in answer ? answer.text.trim() : undefined;
  };
  const remote = await said(["config", "--get", "remote.origin.url"]);
  const branch = await said(["symbolic-ref", "--short", "--quiet", "HEAD"]);
  return {
    repository: remote === undefined ? undefined : REMOTE.exec(remote)?.[1],
    branch: branch === "" ? undefined : branch,
  };
}

/** @throws SwarmError `invalid-input` */
export function repositoryName(given: string): string {
  if (FULL_NAME.test(given)) return given;
  throw wrong("/repository", "must be owner/name");
}

/** One line, short enough for GitHub. @throws SwarmError `invalid-input` when nothing is left */
export function githubTitle(given: string): string {
  const line = given.replaceAll(/\s+/g, " ").trim();
  if (line === "") throw wrong("/title", "must not be empty");
  return shortened(line, GITHUB_LIMITS.titleCharacters);
}

/** @throws SwarmError `invalid-input` with the place, `limit-exceeded` */
export function githubLabels(given: readonly Json[]): readonly string[] {
  if (given.length > GITHUB_LIMITS.labels) {
    const message = `${given.length} labels are given; GitHub takes ${GITHUB_LIMITS.labels}`;
    throw new SwarmError("limit-exceeded", message, { location: { pointer: "/labels" } });
  }
  return given.map((label, index) => {
    const isLabel = typeof label === "string" && label.trim() !== "" && !/[\p{Cc},]/u.test(label);
    if (isLabel && [...label].length <= GITHUB_LIMITS.labelCharacters) return label;
    const most = GITHUB_LIMITS.labelCharacters;
    throw wrong(`/labels/${index}`, `must be a text of 1 to ${most} characters without a comma`);
  });
}

export function footerOf({ run }: Pick<SkillContext, "run">): string {
  return `Made by the cascade ${code(run.cascade)}, run ${code(run.runId)}.`;
}

/**
 * Says that nothing is posted. There is no GitHub client here, so a skill that were to post could only pretend.
 * @throws SwarmError `not-supported`
 */
export function refusePosting(what: string): never {
  throw new SwarmError(
    "not-supported",
    `${what} cannot be posted: this version has no GitHub client, pushes no branch and is given no token`,
    {
      hint: "leave out `dry_run: false`; the payload that the dry run writes is what GitHub's API takes, as by `gh api --input`",
      location: { pointer: "/dry_run" },
    },
  );
}

export function wrong(pointer: string, what: string): SwarmError {
  return new SwarmError("invalid-input", `${pointer} ${what}`, { location: { pointer } });
}
