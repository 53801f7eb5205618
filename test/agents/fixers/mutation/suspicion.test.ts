import { expect, it } from "vitest";
import { failure, propose } from "./repair-request.ts";

const FILES = {
  "src/area.js": `import { half } from "./parts.js";
export function triangle(base, height) {
  return half(base * height);
}
export function square(side) {
  return side * side;
}
`,
  "src/parts.js": `export function half(value) {
  return value * 2;
}
export function third(value) {
  return value * 3;
}
`,
  "src/other.js": "export const twice = (value) => value * 2;\n",
  "test/area.test.js": `import { test } from "node:test";
import { square, triangle } from "../src/area.js";
test("square", () => {
  check(square(3), 9);
});
test("triangle", () => {
  check(triangle(4, 3), 6);
});
`,
};
const SUSPECTS = ["src/other.js", "src/parts.js", "src/area.js"];
const MESSAGE = "expected 24 to be 6";

/** Where the first candidates of one kind stand, as `file:line`. */
async function places(more: Parameters<typeof failure>[1]): Promise<string[]> {
  const failures = [failure(MESSAGE, { file: "test/area.test.js", ...more })];
  const { candidates } = await propose(FILES, { failures, suspects: SUSPECTS });
  return candidates
    .map(({ description }) => description)
    .filter((description) => description.includes("`*` becomes `/`"))
    .map((description) => description.split(":").slice(0, 2).join(":"));
}

it("suspects what the failing test calls, then what that calls, then what its file imports, then the rest", async () => {
  const order = [
    "src/area.js:3",
    "src/parts.js:2",
    "src/area.js:6",
    "src/parts.js:5",
    "src/other.js:1",
  ];
  expect(await places({ frames: [{ file: "test/area.test.js", line: 7 }] })).toEqual(order);
});

it("finds the failing test by its title when the stack does not name its file", async () => {
  expect((await places({ id: "area > square" }))[0]).toBe("src/area.js:6");
});

it("suspects the lines of the stack most, the innermost first", async () => {
  const frames = [
    { file: "src/parts.js", line: 5 },
    { file: "src/other.js", line: 1 },
  ];
  expect((await places({ frames })).slice(0, 2)).toEqual(["src/parts.js:5", "src/other.js:1"]);
});

it("suspects what several failing tests share more than what one of them calls", async () => {
  const shared = {
    "a.js": `export const one = () => base() * 2;
export const two = () => base() * 2;
export const base = () => 3 * 2;
`,
    "a.test.js": `import { one, two } from "./a.js";
test("one", () => check(one()));
test("two", () => check(two()));
`,
  };
  const failures = ["one", "two"].map((id) => failure(MESSAGE, { id, file: "a.test.js" }));
  const { candidates } = await propose(shared, { failures, suspects: ["a.js"] });
  const first = candidates.find(({ description }) => description.includes("`*` becomes `/`"));
  expect(first?.description).toMatch(/^a\.js:3:/);
});
