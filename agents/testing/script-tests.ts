/** Test files of JavaScript and TypeScript, as vitest and jest find them by default. */
const TEST_FILE = /(^|\/)__tests__\/.*\.[cm]?[jt]sx?$|(^|\/)[^/]*[._-](test|spec)\.[cm]?[jt]sx?$/;

export function scriptTests(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => TEST_FILE.test(path));
}
