import { NatsError } from "nats";
import { describe, expect, it } from "vitest";
import { LinkLost } from "../../bus/failures.ts";
import { submitError } from "../../coordinator/refuse-job.ts";
import { SwarmError } from "../../core/errors.ts";

describe("the answer to a job that was not taken", () => {
  const wrong = new SwarmError("unknown-cascade", "there is no cascade called x");
  it.each([
    {
      promise: "says what is wrong with the job",
      error: wrong,
      code: "unknown-cascade",
      disposition: "fail",
    },
    {
      promise: "says that it may be sent again when the server did not answer",
      error: new NatsError("TIMEOUT", "TIMEOUT"),
      code: "broker-unavailable",
      disposition: "retry",
    },
    {
      promise: "says that it may be sent again when the connection broke",
      error: new LinkLost("the connection broke"),
      code: "broker-unavailable",
      disposition: "retry",
    },
    {
      promise: "calls a defect of ours by its name",
      error: new TypeError("x is undefined"),
      code: "internal",
      disposition: "fail",
    },
  ])("$promise", ({ error, code, disposition }) => {
    expect(submitError(error)).toMatchObject({ code, disposition });
  });
});
