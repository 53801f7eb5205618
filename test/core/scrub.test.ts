import { describe, expect, it } from "vitest";
import { registerEnvironment, Scrubber } from "../../core/scrub.ts";

const secret = 'sk-live_"9f/8+7=';

describe("scrubber", () => {
  const scrubber = new Scrubber();
  scrubber.register(secret);

  it.each([
    ["as it is", secret],
    ["in base64", Buffer.from(secret).toString("base64")],
    ["in base64 without padding", Buffer.from(secret).toString("base64").replace(/=+$/, "")],
    ["in base64url", Buffer.from(secret).toString("base64url")],
    ["in hex", Buffer.from(secret).toString("hex")],
    ["in a URL", encodeURIComponent(secret)],
    ["in JSON", JSON.stringify(secret).slice(1, -1)],
  ])("takes a secret out %s", (_, spelling) => {
    expect(scrubber.scrub(`before ${spelling} after`)).toBe("before [secret] after");
  });

  it("leaves other text alone", () => {
    expect(scrubber.scrub("sk-live is a prefix")).toBe("sk-live is a prefix");
  });

  it("knows secrets by the names of their variables", () => {
    const fromEnvironment = new Scrubber();
    registerEnvironment(fromEnvironment, {
      OPENAI_API_KEY: "abcdefgh1234",
      HOME: "/home/ann-marie",
    });
    expect(fromEnvironment.scrub("abcdefgh1234 in /home/ann-marie")).toBe(
      "[secret] in /home/ann-marie",
    );
  });
});
