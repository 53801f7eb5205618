import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { SkillCatalog } from "../../core/skill.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";
import { testCatalog } from "../support/catalog.ts";
import { fuzzLanguage, seedTexts } from "./language.ts";

/** `npm run fuzz:language -- --runs 10000 --seed 7`: exit code 1, and the input in a file, when a promise is broken. */
const { values } = parseArgs({
  options: { runs: { type: "string", default: "10000" }, seed: { type: "string" } },
});
const runs = Number(values.runs);
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
process.stdout.write(`${runs} runs, --seed ${seed}\n`);
const shipped = await openSkillCatalog([shippedSkillsFolder]);
/** The fixtures use the skills of the tests. */
const catalog: SkillCatalog = {
  find: (name) => shipped.find(name) ?? testCatalog.find(name),
  refusalOf: (name) => shipped.refusalOf(name),
  names: () => [...shipped.names(), ...testCatalog.names()],
};
const startedMs = performance.now();
const { valid, refused, codes, slowest, failure } = fuzzLanguage({
  runs,
  seed,
  catalog,
  seeds: seedTexts(),
});
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
process.stdout.write(`${valid} valid, ${refused} refused, ${seconds} s\n`);
for (const [code, count] of Object.entries(codes).sort(([, a], [, b]) => b - a)) {
  process.stdout.write(`  ${code} ${count}\n`);
}
const folder = mkdtempSync(join(tmpdir(), "fuzz-language-"));
const slowestFile = join(folder, "slowest.yaml");
writeFileSync(slowestFile, slowest.text);
process.stdout.write(`slowest: ${slowest.ms.toFixed(1)} ms, ${slowestFile}\n`);
if (failure !== undefined) {
  const failedFile = join(folder, "failed.yaml");
  writeFileSync(failedFile, failure.text);
  process.stderr.write(`run ${failure.run}: ${failure.why}\n${failedFile}\n`);
  process.exitCode = 1;
}
