import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import {
  changesSince,
  snapshotWorkspace,
} from "../../../../agents/fixers/codex/workspace-changes.ts";
import { makePlace } from "../../../support/place.ts";

const FILES = { "src/a.js": "1\n", "src/b.js": "2\n", "src/c.js": "3\n", ".gitignore": "*.log\n" };

it("sees what was changed, added and deleted, and nothing else", async () => {
  await using place = await makePlace(FILES);
  const before = await snapshotWorkspace(place.root);
  await writeFile(place.path("src/a.js"), "one\n");
  await rm(place.path("src/b.js"));
  await mkdir(place.path("src/new"));
  await writeFile(place.path("src/new/d.js"), "\uFEFF4\r\n");
  expect(await changesSince(place.root, before)).toEqual({
    edits: { "src/a.js": "one\n", "src/b.js": null, "src/new/d.js": "\uFEFF4\r\n" },
    leftOut: [],
  });
});

it("leaves out what runs leave behind, by the rules that held before", async () => {
  await using place = await makePlace(FILES);
  const before = await snapshotWorkspace(place.root);
  await writeFile(place.path(".gitignore"), "\n");
  await writeFile(place.path("run.log"), "x");
  await mkdir(place.path("__pycache__"));
  await writeFile(place.path("__pycache__/a.pyc"), "x");
  await mkdir(place.path("node_modules"));
  await writeFile(place.path("node_modules/x.js"), "x");
  await writeFile(place.path("picture.bin"), Buffer.from([0xff, 0xfe, 0]));
  await symlink("/etc/hostname", place.path("link.js"));
  expect(await changesSince(place.root, before)).toEqual({
    edits: { ".gitignore": "\n" },
    leftOut: ["link.js", "picture.bin"],
  });
});

it("refuses a file that became a link or no text", async () => {
  await using place = await makePlace(FILES);
  const before = await snapshotWorkspace(place.root);
  await rm(place.path("src/a.js"));
  await symlink("/etc/passwd", place.path("src/a.js"));
  await expect(changesSince(place.root, before)).rejects.toMatchObject({ code: "fixer-failed" });
});

it("follows no link out of the workspace", async () => {
  await using outside = await makePlace({ "secret.txt": "secret" });
  await using place = await makePlace(FILES);
  const before = await snapshotWorkspace(place.root);
  await symlink(outside.root, place.path("out"));
  expect(await changesSince(place.root, before)).toEqual({ edits: {}, leftOut: ["out"] });
});

it("sees no change in a file whose rights alone changed, which no edit can say", async () => {
  await using place = await makePlace(FILES);
  const before = await snapshotWorkspace(place.root);
  await chmod(place.path("src/a.js"), 0o755);
  expect(await changesSince(place.root, before)).toEqual({ edits: {}, leftOut: [] });
});
