import { z } from "zod";
import type { DeadLetter } from "../../../coordinator/client.ts";
import { retryLetter } from "../../cli/dead/retry-letter.ts";
import type { LetterView } from "../state/dead-letter.ts";
import { bodyOf } from "./request-body.ts";
import { sendJson } from "./responses.ts";
import type { DashboardContext, Route } from "./route.ts";

const SHOWN = 100;
/** A longer job is cut. */
const SHOWN_JOB = 5_000;
const nothing = z.strictObject({});
const NUMBER = "(?<number>\\d{1,15})";

export function letterRoutes({ client }: DashboardContext): readonly Route[] {
  return [
    {
      method: "GET",
      path: /^\/api\/letters$/,
      async handle({ response }) {
        const letters: LetterView[] = [];
        for await (const letter of (await client.deadLetters()).all()) {
          if (letters.push(letterView(letter)) === SHOWN) break;
        }
        sendJson(response, { letters });
      },
    },
    {
      method: "POST",
      path: new RegExp(`^/api/letters/${NUMBER}/retry$`),
      async handle({ request, response, parameters }) {
        await bodyOf(request, nothing);
        const letters = await client.deadLetters();
        const { run } = await retryLetter(client, letters, Number(parameters["number"]));
        sendJson(response, { run }, 201);
      },
    },
    {
      method: "POST",
      path: new RegExp(`^/api/letters/${NUMBER}/drop$`),
      async handle({ request, response, parameters }) {
        await bodyOf(request, nothing);
        await (await client.deadLetters()).drop(Number(parameters["number"]));
        sendJson(response, {});
      },
    },
  ];
}

function letterView(letter: DeadLetter): LetterView {
  const about = { number: letter.sequence, kind: letter.kind, sinceMs: letter.atMs };
  if (letter.kind === "unreadable")
    return { ...about, about: "", failure: { code: "record-corrupt", message: letter.why } };
  const { error } = letter.kind === "task" ? letter.task : letter.job;
  const { code, message, hint } = error;
  const failure = { code, message, ...(hint === undefined ? {} : { hint }) };
  if (letter.kind === "job") {
    const job = Buffer.from(letter.job.job, "base64").toString("utf8").slice(0, SHOWN_JOB);
    return { ...about, about: `queue ${letter.queue}`, failure, job };
  }
  const { run, stage, index, attempt } = letter.task;
  return { ...about, run, stage, about: `task ${index}, after attempt ${attempt}`, failure };
}
