import { describe, expect, it } from "vitest";
import { isPublic, lookupPublic } from "../../skills/http-request/addresses.ts";
import { run } from "../../skills/http-request/run.ts";
import { serve } from "../support/http-site.ts";
import { skillContext } from "./skill-context.ts";

describe("a private address", () => {
  it.each([
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "169.254.169.254",
    "localhost",
  ])("is refused unless the stage allows it: %s", async (host) => {
    await using site = await serve((_, reply) => reply.end());
    const url = `http://${host}:${new URL(site.url).port}/`;
    const inputs = { url, method: "GET", headers: {}, query: {}, allow_private: false };
    await expect(run(inputs, skillContext())).rejects.toMatchObject({
      code: "not-allowed",
      disposition: "fail",
      message: expect.stringContaining("is not a host of the public internet"),
      hint: expect.stringContaining("allow_private: true"),
    });
    expect(site.asked).toEqual([]);
  });

  it.each([
    ["10.1.2.3", false],
    ["100.64.0.1", false],
    ["172.31.0.1", false],
    ["172.32.0.1", true],
    ["192.168.0.1", false],
    ["0.0.0.0", false],
    ["255.255.255.255", false],
    ["8.8.8.8", true],
    ["fe80::1", false],
    ["fd00::1", false],
    ["::", false],
    ["2002:7f00:1::", false],
    ["2001:4860:4860::8888", true],
  ])("%s is public: %s", (address, expected) => {
    expect(isPublic(address)).toBe(expected);
  });

  it("is not connected to under a name: the address that is judged is the one that is used", async () => {
    const answered = Promise.withResolvers<unknown>();
    lookupPublic("localhost", { all: true }, (error) => answered.resolve(error));
    expect(await answered.promise).toMatchObject({ code: "not-allowed" });
  });
});
