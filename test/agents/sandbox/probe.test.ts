import { expect, it } from "vitest";
import { leaksOf } from "../../../agents/sandbox/probe.ts";

const held = [
  "CapEff=0000000000000000",
  "CapBnd=0000000000000000",
  "NoNewPrivs=1",
  "Seccomp=2",
  "interface=lo",
  "read=no",
  "probe=ended",
];
const expected = { hasSeccomp: true, folder: ["outside"] };
const without = (line: string): string => held.filter((each) => each !== line).join("\n");
const instead = (line: string, other: string): string =>
  held.map((each) => (each === line ? other : each)).join("\n");

it("finds nothing in the report of a program that was kept in", () => {
  expect(leaksOf(held.join("\n"), expected)).toEqual([]);
});

it.each([
  ["that ended early", without("probe=ended"), ["the probe does not run to its end"]],
  ["that says nothing of files", without("read=no"), ["files outside can be read"]],
  ["that read", instead("read=no", "read=yes"), ["files outside can be read"]],
  ["that wrote", `${held.join("\n")}\nwrite=/usr/x`, ["/usr/x can be written"]],
  [
    "with the machine's network",
    `${held.join("\n")}\ninterface=eth0`,
    ["the network of the machine can be seen"],
  ],
  [
    "with a capability",
    instead("CapEff=0000000000000000", "CapEff=0000000000200000"),
    ["programs have capabilities"],
  ],
  [
    "that tells no capabilities",
    without("CapBnd=0000000000000000"),
    ["programs have capabilities"],
  ],
  ["that can gain some", instead("NoNewPrivs=1", "NoNewPrivs=0"), ["programs can gain privileges"]],
  ["without a filter", instead("Seccomp=2", "Seccomp=0"), ["system calls are not filtered"]],
])("finds it in the report of one %s", (_, report, leaks) => {
  expect(leaksOf(report, expected)).toEqual(leaks);
});

it("believes the folder outside, not the program", () => {
  const folder = ["outside", "written"];
  expect(leaksOf(held.join("\n"), { ...expected, folder })).toEqual([
    "files outside can be written",
  ]);
});

it("asks for no filter where there is none", () => {
  expect(leaksOf(without("Seccomp=2"), { ...expected, hasSeccomp: false })).toEqual([]);
});
