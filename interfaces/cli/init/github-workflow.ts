/** Where GitHub looks for it, below the top of a repository. */
export const WORKFLOW_FILE = ".github/workflows/cascade.yml";

/**
 * A workflow that checks the cascades of a repository and holds pull requests to the quality gate.
 * @param program how it starts cascade-swarm
 */
export function githubWorkflow(program: string): string {
  return `# Checks the cascades of this repository, and holds every pull request to a quality gate.
name: cascade
on: pull_request

# No step can write to the repository; the code of the pull request gets no secret.
permissions:
  contents: read

# A newer commit of the same pull request takes the place of an older one.
concurrency:
  group: cascade-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  quality:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
      # For the findings under "Code scanning".
      security-events: write
    steps:
      - uses: actions/checkout@v5
        with:
          # The whole history: how often a file changes is part of the report.
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-node@v5
        with:
          node-version: 24
      # cascade-swarm is one of this project's dependencies. Their install scripts are not run.
      - run: npm ci --ignore-scripts
      - name: Check the cascades
        if: hashFiles('cascades/*.yaml', 'cascades/*.yml') != ''
        run: ${program} validate cascades
      # Exit code 3: a finding of this severity or a worse one. Needs no key and asks no model.
      - name: Quality gate
        run: ${program} --once --fail-on high --output cascade-report .
      # A pull request from a fork has no right to upload.
      - name: Show the findings
        if: >-
          always() && hashFiles('cascade-report/report.sarif') != '' &&
          github.event.pull_request.head.repo.full_name == github.repository
        uses: github/codeql-action/upload-sarif@v4
        with:
          sarif_file: cascade-report/report.sarif
          category: cascade
      - name: Keep the report
        if: always() && hashFiles('cascade-report/*') != ''
        uses: actions/upload-artifact@v4
        with:
          name: cascade-report
          path: cascade-report
          retention-days: 14
`;
}
