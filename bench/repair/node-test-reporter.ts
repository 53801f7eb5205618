import type { TestEvent } from "node:test/reporters";

/** A reporter of node:test that writes a line of JSON for each test. */
// biome-ignore lint/style/noDefaultExport: node:test takes a reporter by its default export
export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { name, details } = event.data;
    const error = "error" in details ? (details.error as Error & { cause?: unknown }) : undefined;
    const cause = error?.cause instanceof Error ? error.cause : error;
    const line = {
      name,
      passed: event.type === "test:pass",
      message: cause?.message ?? "",
      stack: cause?.stack ?? "",
    };
    yield `${JSON.stringify(line)}\n`;
  }
}
