/** Names and folders of tests, by the conventions of the languages' test tools. */
const CONVENTIONS: readonly RegExp[] = [
  /(?:^|\/)(?:__tests__|__mocks__|tests?|specs?|e2e|testing|testdata)\//,
  /\.(?:test|spec|e2e|cy)\.[cm]?[jt]sx?$/,
  /(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest)\.py$/,
  /_test\.go$/,
  /(?:^|\/)(?:Test[A-Z][^/]*|[^/]*(?:Test|Tests|TestCase|IT))\.java$/,
];

/** Whether a file holds tests, or helps those that do. */
export function isTestFile(file: string): boolean {
  return CONVENTIONS.some((convention) => convention.test(file));
}
