import { expect, it } from "vitest";
import { parseVersion } from "../../../bus/server/version.ts";
import { durabilityOf } from "../../../interfaces/cli/doctor/durability.ts";

it.each([
  ["2.15.1", undefined, "power cuts; one copy", undefined],
  ["2.15.1", "default", "may take the last two minutes", "without CASCADE_SYNC=default"],
  ["2.9.10", undefined, "may take the last two minutes", "2.9.10 cannot sync every write"],
])("doctor says plainly what nats-server %s with CASCADE_SYNC=%s promises", (text, setting, found, remedy) => {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`no version: ${text}`);
  const check = durabilityOf(version, setting);
  expect(check.found).toContain(found);
  if (remedy === undefined) expect(check.remedy).toBeUndefined();
  else expect(check.remedy).toContain(remedy);
});
