import { describe, expect, it, vi } from "vitest";
import { checkedInputs } from "../../agents/inputs.ts";
import type { JsonObject } from "../../core/json.ts";
import { LIMITS } from "../../core/limits.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";
import { run } from "../../skills/http-request/run.ts";
import { serve } from "../support/http-site.ts";
import { skillContext } from "./skill-context.ts";

const manifest = (await openSkillCatalog([shippedSkillsFolder])).find("http-request");
if (manifest === undefined) throw new Error("no skill");

const request = (inputs: JsonObject, signal = new AbortController().signal) =>
  run(checkedInputs(manifest, { allow_private: true, ...inputs }), skillContext({ signal }));

describe("an HTTP request", () => {
  it("is sent as it is written, and answers what came back", async () => {
    await using site = await serve((_, reply) => {
      reply.writeHead(201, {
        "X-Token": "1",
        Constructor: "x",
        "content-type": "application/json",
      });
      reply.end('{ "ok": [true] }');
    });
    const answer = await request({
      url: `${site.url}/a?b=1#c`,
      method: "POST",
      headers: { "X-Id": 5, Accept: "application/json" },
      query: { q: "a&b=c\r\n", many: [1, 2], none: null },
      body: { text: "ü" },
    });
    expect(answer).toEqual({
      status: 201,
      headers: expect.objectContaining({ "x-token": "1", "content-type": "application/json" }),
      body: '{ "ok": [true] }',
      json: { ok: [true] },
    });
    expect(Object.keys(answer["headers"] as JsonObject)).not.toContain("constructor");
    expect(site.asked).toMatchObject([
      {
        method: "POST",
        url: "/a?b=1&q=a%26b%3Dc%0D%0A&many=1&many=2",
        headers: {
          accept: "application/json",
          "accept-encoding": "identity",
          "content-type": "application/json",
          "user-agent": "cascade-swarm",
          "x-id": "5",
        },
        body: '{"text":"ü"}',
      },
    ]);
  });

  it.each([
    ["a text as it is", "plain", "plain", "text/plain; charset=utf-8"],
    ["a list as JSON", [1, "a"], '[1,"a"]', "application/json"],
    ["false as JSON", false, "false", "application/json"],
  ])("sends %s", async (_, body, sent, type) => {
    await using site = await serve((_asked, reply) => reply.end("no JSON"));
    expect(await request({ url: site.url, method: "PUT", body })).toMatchObject({ json: null });
    expect(site.asked).toMatchObject([{ body: sent, headers: { "content-type": type } }]);
  });

  it("reads the letters that the answer says it has", async () => {
    await using site = await serve((_, reply) => {
      reply.setHeader("content-type", "text/plain; charset=iso-8859-1");
      reply.end(Buffer.from([0xfc]));
    });
    expect(await request({ url: site.url })).toMatchObject({ body: "ü" });
  });

  it.each([
    [404, undefined, "fail"],
    [304, undefined, "fail"],
    [429, undefined, "retry"],
    [503, undefined, "retry"],
    [200, [204], "fail"],
  ])("fails on %d when %j is expected: %s", async (status, expected, disposition) => {
    await using site = await serve((_, reply) => reply.writeHead(status).end());
    const inputs = { url: `${site.url}/x?key=secret`, ...(expected && { expect: expected }) };
    await expect(request(inputs)).rejects.toMatchObject({
      code: "skill-failed",
      disposition,
      message: `GET ${site.url}/x answered ${status}`,
    });
  });

  it("takes a status that is expected as a result", async () => {
    await using site = await serve((_, reply) => reply.writeHead(302, { location: "/b" }).end());
    expect(await request({ url: site.url, expect: [302, 404] })).toMatchObject({ status: 302 });
    expect(site.asked).toHaveLength(1);
  });

  it("follows redirects of the same origin, after a POST with GET and without the body", async () => {
    await using site = await serve(({ url }, reply) => {
      if (url === "/b") reply.end("there");
      else reply.writeHead(303, { location: "b" }).end();
    });
    const inputs = { url: `${site.url}/a`, method: "POST", body: "x", headers: { a: "1" } };
    expect(await request(inputs)).toMatchObject({ status: 200, body: "there" });
    expect(site.asked.map(({ method, body, headers }) => [method, body, headers["a"]])).toEqual([
      ["POST", "x", "1"],
      ["GET", "", "1"],
    ]);
  });

  it("sends the same again where a redirect says so", async () => {
    await using site = await serve(({ url }, reply) => {
      if (url === "/b") reply.end();
      else reply.writeHead(307, { location: "/b" }).end();
    });
    await request({ url: site.url, method: "POST", body: "x" });
    expect(site.asked).toMatchObject([
      { method: "POST", body: "x" },
      { method: "POST", body: "x", url: "/b" },
    ]);
  });

  it("does not follow a redirect to another origin", async () => {
    await using other = await serve((_, reply) => reply.end());
    await using site = await serve((_, reply) => {
      reply.writeHead(302, { location: `${other.url}/x` }).end();
    });
    await expect(request({ url: site.url })).rejects.toMatchObject({
      code: "skill-failed",
      disposition: "fail",
      message: `GET ${site.url}/: 302 leads to another origin, ${other.url}, and is not followed`,
    });
    expect(other.asked).toEqual([]);
  });

  it("gives up on redirects without end", async () => {
    await using site = await serve((_, reply) => reply.writeHead(302, { location: "/" }).end());
    await expect(request({ url: site.url })).rejects.toMatchObject({
      code: "skill-failed",
      message: `GET ${site.url}/: it redirects more than 5 times`,
    });
    expect(site.asked).toHaveLength(6);
  });

  it("fails on a body over the limit, without reading on", async () => {
    await using site = await serve((_, reply) => {
      const more = (): void => {
        while (!reply.destroyed && reply.write(Buffer.alloc(65_536))) {}
      };
      reply.on("drain", more);
      more();
    });
    await expect(request({ url: site.url })).rejects.toMatchObject({
      code: "limit-exceeded",
      message: expect.stringContaining(`${LIMITS.httpBodyBytes} that are allowed`),
    });
  });

  it("ends when its time is over, or the task is stopped", async () => {
    await using site = await serve(() => {});
    await expect(request({ url: site.url, timeout_ms: 20 })).rejects.toMatchObject({
      code: "skill-failed",
      disposition: "retry",
      message: `GET ${site.url}/ took longer than 20 ms`,
    });
    const controller = new AbortController();
    const running = request({ url: site.url }, controller.signal);
    running.catch(() => {});
    await vi.waitFor(() => expect(site.asked).toHaveLength(2));
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });

  it("that does not reach anybody, or is cut off, may be sent again", async () => {
    const site = await serve((_, reply) => {
      reply.writeHead(200, { "content-length": "10" });
      reply.write("part", () => reply.destroy());
    });
    await expect(request({ url: site.url })).rejects.toMatchObject({ disposition: "retry" });
    await site[Symbol.asyncDispose]();
    await expect(request({ url: site.url })).rejects.toMatchObject({
      code: "skill-failed",
      disposition: "retry",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it.each([
    [{ url: "ftp://example.com" }, "/url"],
    [{ url: "https:example.com" }, "/url"],
    [{ url: "https:///example.com" }, "/url"],
    [{ url: "https://a.example/\nb" }, "/url"],
    [{ url: "https://user:password@a.example" }, "/url"],
    [{ headers: { a: "b\r\nc: d" } }, "/headers/a"],
    [{ headers: { "a\r\nb": "c" } }, "/headers"],
    [{ headers: { Host: "b.example" } }, "/headers/Host"],
    [{ headers: { a: 1, A: 2 } }, "/headers/A"],
    [{ headers: { a: [1] } }, "/headers/a"],
    [{ method: "TRACE" }, "/method"],
    [{ body: "x" }, "/body"],
  ])("is refused before it is sent: %j", async (inputs, pointer) => {
    await expect(request({ url: "http://127.0.0.1:9", ...inputs })).rejects.toMatchObject({
      code: "invalid-input",
      location: { pointer },
    });
  });

  it.each([
    ["https:/", "https://b.example/x"],
    ["https:", "https://b.example/x"],
    ["", "https://b.example/x"],
    ["https://a.example/", "https://b.example/x"],
    ["http://a.example/", "https://a.example/x"],
    ["https://a.example:1/", "https://a.example/x"],
  ])("keeps to the origin of %j: %s is not sent", async (within, url) => {
    await expect(request({ url, within })).rejects.toMatchObject({
      code: "not-allowed",
      disposition: "fail",
    });
  });

  it("is sent within the origin that it keeps to", async () => {
    await using site = await serve((_, reply) => void reply.end("here"));
    const answer = await request({ url: `${site.url}/items/1`, within: `${site.url}/items/` });
    expect(answer).toMatchObject({ status: 200, body: "here" });
  });
});
