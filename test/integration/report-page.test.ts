import { describe, expect, it } from "vitest";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { discovery, found, lintReport } from "../skills/report-inputs.ts";
import { makeTree, skillContext } from "../skills/skill-context.ts";
import { hasChromium, openPage } from "../support/browser.ts";

const STATE = `({
  number: document.querySelector("#number").textContent,
  shown: [...document.querySelectorAll("#findings tbody tr")].filter((row) => !row.hidden).length,
  usable: !document.querySelector(".filter").hidden,
})`;

describe.skipIf(!hasChromium())("report.html in Chromium", () => {
  it("runs without an error and filters its findings by words and severity", async () => {
    const findings = [
      found({ file: "src/a.js", line: 2, rule: "eslint/no-eval", severity: "high" }),
      found({ file: "src/b.js", line: 3, rule: "eslint/no-debugger", severity: "low" }),
      found({ file: "src/</script><b>.js", line: 4, rule: "eslint/no-eval", severity: "low" }),
    ];
    const context = skillContext();
    const files = findings.map((finding) => finding.file);
    const inputs = { discovery: discovery(files), reports: [lintReport("agent-1", findings)] };
    await run({ path: "/home/person/app", ...inputs }, context);
    await using tree = await makeTree({
      "report.html": context.artifacts.get("report.html") ?? "",
    });
    await using page = await openPage(tree.path("report.html"));
    expect(await page.evaluate(STATE)).toEqual({ number: "3 of 3", shown: 3, usable: true });
    const type = `document.querySelector("#words").value = "NO-EVAL";
      document.querySelector("#words").dispatchEvent(new Event("input", { bubbles: true }));`;
    expect(await page.evaluate(`${type}${STATE}`)).toEqual({
      number: "2 of 3",
      shown: 2,
      usable: true,
    });
    const uncheck = `document.querySelector(".filter [value=low]").click();`;
    expect(await page.evaluate(`${uncheck}${STATE}`)).toEqual({
      number: "1 of 3",
      shown: 1,
      usable: true,
    });
    expect(page.errors).toEqual([]);
  });
});
