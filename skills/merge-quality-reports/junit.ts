import { escapeMarkup, shortened } from "../visible-text.ts";
import type { QualityReport, RankedFinding } from "./report-schema.ts";

/** What a CI server can show; the rest stands in `report.json`. */
const CASES = 5_000;
const NAME = 300;
const MESSAGE = 1_000;

/**
 * Findings as failed test cases, a suite a file, for CI servers that read JUnit's XML. A run without findings is one
 * test that passed, because an empty file counts as a broken step there.
 */
export function renderJunit({ findings, path }: QualityReport): string {
  const shown = findings.slice(0, CASES);
  const suites = [...Map.groupBy(shown, ({ file }) => file)].map(([file, own]) => suite(file, own));
  const all = suites.length === 0 ? [PASSED] : suites;
  const tests = Math.max(1, shown.length);
  const hidden = findings.length - shown.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${attribute(path, NAME)}" tests="${tests}" failures="${shown.length}">`,
    ...(hidden > 0 ? [`<!-- ${hidden} more findings in report.json -->`] : []),
    ...all,
    "</testsuites>",
    "",
  ].join("\n");
}

const PASSED =
  '<testsuite name="code quality" tests="1" failures="0"><testcase classname="code quality" name="no findings"/></testsuite>';

function suite(file: string, findings: readonly RankedFinding[]): string {
  const cases = findings.map((each) => {
    const place = each.column === undefined ? `${each.line}` : `${each.line}:${each.column}`;
    const message = attribute(each.message, MESSAGE);
    return `<testcase classname="${attribute(file, NAME)}" name="${attribute(each.rule, NAME)} at ${place}"><failure type="${each.severity}" message="${message}">${attribute(`${file}:${place}`, NAME)} ${message}</failure></testcase>`;
  });
  return `<testsuite name="${attribute(file, NAME)}" tests="${findings.length}" failures="${findings.length}">\n${cases.join("\n")}\n</testsuite>`;
}

function attribute(text: string, longest: number): string {
  return escapeMarkup(shortened(text, longest));
}
