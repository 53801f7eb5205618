import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Environment, findExecutables } from "../../../bus/server/executables.ts";
import type { Check, ProbeContext } from "./check.ts";

const run = promisify(execFile);

/** Variables that model vendors' own programs read. The main job needs no model. */
const MODEL_KEYS = [
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "GEMINI_API_KEY",
  "GOOGLE_API_KEY",
] as const;
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export async function checkGit({ env, signal }: ProbeContext): Promise<Check> {
  const name = "git";
  const remedy = "install git: without it the report does not know how often files change";
  const [git] = findExecutables(env, "git");
  if (git === undefined) return { name, status: "absent", found: "not on PATH", remedy };
  const { stdout } = await run(git, ["--version"], { signal });
  return { name, status: "ok", found: `${stdout.trim().replace(/^git version /, "")} (${git})` };
}

export async function checkChromium({ env, signal }: ProbeContext): Promise<Check> {
  const name = "Chromium";
  const [browser] = BROWSERS.flatMap((each) => findExecutables(env, each));
  if (browser === undefined) {
    const remedy =
      "apt-get install chromium: for pictures of reports; a report needs no browser to be written";
    return { name, status: "absent", found: "none on PATH", remedy };
  }
  const { stdout } = await run(browser, ["--version"], { signal });
  return { name, status: "ok", found: `${stdout.trim()} (${browser})` };
}

/** Which keys are there; what they are is never looked at. */
export async function checkModelKeys(env: Environment): Promise<Check> {
  const name = "model keys";
  const present = MODEL_KEYS.filter((key) => (env[key] ?? "") !== "");
  const absent = MODEL_KEYS.filter((key) => !present.includes(key));
  const found = [
    present.length > 0 ? `${present.join(", ")} present` : "",
    absent.length > 0 ? `${absent.join(", ")} absent` : "",
  ];
  const text = found.filter((part) => part !== "").join("; ");
  return present.length > 0
    ? { name, status: "ok", found: text }
    : {
        name,
        status: "absent",
        found: text,
        remedy: "the main job needs none; skills that ask a model do",
      };
}
