/** Paths that no fix may change, make or delete, with what they are. Compared without case, for file systems that do the same. */
const PROTECTED: readonly (readonly [RegExp, string])[] = [
  [
    /(^|\/)(tests?|specs?|__tests__|__specs__|e2e|cypress|integration-tests?)\//,
    "belongs to the tests",
  ],
  [/(^|\/)[^/]*[._-](test|tests|spec|specs|bench)\.[^/]+$/, "is a test"],
  [
    /(^|\/)(test_[^/]*\.py|[^/]*_test\.(py|go|rb)|test-[^/]*\.[cm]?[jt]sx?|tests?\.[cm]?[jt]sx?|tests\.py)$/,
    "is a test",
  ],
  [
    /(^|\/)(conftest|sitecustomize|usercustomize|noxfile)\.py$|\.pth$/,
    "is loaded by the test runner",
  ],
  [/(^|\/)(fixtures?|__fixtures__|testdata|test-data|__mocks__|mocks)\//, "is a fixture"],
  [/(^|\/)__snapshots__\/|\.snap$|\.snapshot$/, "is a snapshot"],
  [
    /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|poetry\.lock|pdm\.lock|uv\.lock|pipfile(\.lock)?|cargo\.lock|go\.sum|gemfile\.lock|composer\.lock|requirements[^/]*\.txt|constraints[^/]*\.txt)$/,
    "pins dependencies",
  ],
  [
    /(^|\/)(package\.json|pyproject\.toml|setup\.(py|cfg)|tox\.ini|pytest\.ini|\.?pytest\.toml|cargo\.toml|go\.mod|deno\.jsonc?|pnpm-workspace\.yaml|tsconfig[^/]*\.json|jsconfig[^/]*\.json|makefile|justfile)$/,
    "sets up the project",
  ],
  [
    /(^|\/)(vitest|vite|jest|babel|mocha|karma|playwright|cypress|ava|nyc|c8|webpack|rollup|swc|esbuild)[^/]*\.(config|workspace|setup|conf)[^/]*$|(^|\/)\.(babelrc|mocharc|swcrc|nycrc|c8rc|coveragerc|taprc)[^/]*$|(^|\/)(jest|vitest|test)[.-]?setup\.[^/]+$|(^|\/)setup-?(jest|vitest|tests?)[^/]*$/,
    "sets up the test runner",
  ],
  [
    /^\.(github|gitlab|circleci|buildkite|azure-pipelines|woodpecker|drone)(\/|$)|(^|\/)(\.gitlab-ci|\.travis|\.drone|azure-pipelines|appveyor|bitbucket-pipelines|\.woodpecker|cloudbuild)\.ya?ml$|(^|\/)jenkinsfile$/,
    "belongs to continuous integration",
  ],
  [/(^|\/)\.git[^/]*(\/|$)|(^|\/)\.husky\//, "belongs to git"],
  [
    /(^|\/)\.(npmrc|yarnrc[^/]*|pnpmfile[^/]*|env[^/]*|tool-versions|node-version|nvmrc|python-version|editorconfig)$|(^|\/)\.(codex|claude|cursor|vscode|idea|devcontainer|cascade|yarn|aider[^/]*)(\/|$)|(^|\/)(\.mcp\.json|agents\.md|claude\.md|gemini\.md|dockerfile[^/]*)$/,
    "sets up tools",
  ],
  [/(^|\/)(node_modules|\.venv|venv|site-packages|vendor)\//, "is a dependency"],
];

/** New files of these names would be loaded instead of the real thing. */
const SHADOWS =
  /^(pytest|_pytest|unittest|assert|assertpy|vitest|jest|chai|sinon|nose|os|sys|re|json|typing|types|builtins|importlib|site)(\.(py|[cm]?[jt]s)|\/(__init__\.py|index\.[cm]?[jt]s))$/;

/** Why a path is protected, as the end of a sentence that begins with it; undefined for sources. */
export function whyProtected(path: string): string | undefined {
  const folded = path.normalize("NFKC").toLowerCase();
  return PROTECTED.find(([pattern]) => pattern.test(folded))?.[1];
}

export function isShadowing(path: string): boolean {
  return SHADOWS.test(path.normalize("NFKC").toLowerCase());
}
