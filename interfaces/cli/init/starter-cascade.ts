import { modeline } from "../format/fixes/modeline.ts";

/**
 * A small cascade of skills that ship, which runs as it is and without any key.
 * @param schema as its first line names it
 */
export function starterCascade(name: string, schema: string): string {
  return `${modeline(schema)}
# Looks at the files of a directory and writes a report. docs/cascade-format.md describes what may stand here.
cascade: ${name}
description: Bugs and complex code of a directory, in one report.

inputs:
  # Given with --input path=src; without it, the directory in which the run is started.
  - name: path
    type: path
    default: .

stages:
  # Lists the files in batches. Its input \`path\` is the cascade's input of that name.
  - stage: discover
    skill: discover-files

  # Both skills, for each batch: the tasks run side by side on all agents.
  - stage: look
    type: parallel
    foreach: \${discover.batches}
    skills: [lint-code, complexity-analysis]
    inputs:
      files: \${item.files}

  # Waits for all of them. \`results\` is the list of their outputs.
  - stage: report
    skill: merge-quality-reports
    inputs:
      reports: \${look.results}
      discovery: \${discover}
`;
}
