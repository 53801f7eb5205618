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

/** Starts a program without network, in namespaces of its own: being installed says little about being allowed. */
export async function checkSandbox({ env, signal }: ProbeContext): Promise<Check> {
  const name = "sandbox";
  const [bubblewrap] = findExecutables(env, "bwrap");
  if (bubblewrap === undefined) {
    const remedy =
      "apt-get install bubblewrap: for skills that run foreign code; none of the main job does";
    return { name, status: "absent", found: "no bubblewrap (bwrap) on PATH", remedy };
  }
  const [program] = findExecutables(env, "true");
  if (program === undefined) throw new Error("no program to try the sandbox with");
  try {
    const isolation = ["--ro-bind", "/", "/", "--unshare-all", "--die-with-parent"];
    await run(bubblewrap, [...isolation, program], { signal });
    return { name, status: "ok", found: `bubblewrap (${bubblewrap}) isolates a program` };
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    const why = (stderr || message).trim().split("\n")[0];
    const remedy =
      "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or the container's security options): for skills that run foreign code";
    return {
      name,
      status: "absent",
      found: `bubblewrap is here and cannot isolate: ${why}`,
      remedy,
    };
  }
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
        remedy: "none is needed: no skill that ships asks a model",
      };
}
