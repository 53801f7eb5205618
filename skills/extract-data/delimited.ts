import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import type { DataFile } from "./data-file.ts";
import { refuseOver } from "./limits.ts";
import { LineCounter } from "./line-counter.ts";
import { type DelimitedRows, RecordReader } from "./record-reader.ts";

/** Reads a file of delimited fields as a stream. @throws SwarmError `invalid-input` or `limit-exceeded` */
export async function readDelimited(
  file: DataFile,
  options: {
    readonly delimiter: string;
    readonly limit: number | undefined;
    readonly signal: AbortSignal;
  },
): Promise<DelimitedRows> {
  const { delimiter, limit, signal } = options;
  const lines = new LineCounter(delimiter.charCodeAt(0));
  const reader = new RecordReader(file.path, limit, lines);
  const parser = parse({
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    columns: false,
    relax_column_count: true,
    skip_records_with_error: true,
    max_record_size: 0,
    on_record: (record: string[], { bytes }) => void reader.record(record, bytes),
    on_skip: (error) => void reader.broken(error),
  });
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for await (const text of file.texts(signal)) {
      const bytes = Buffer.from(text);
      refuseOver("columns", lines.take(bytes), file.path);
      yield bytes;
      if (reader.isDone) return;
    }
  };
  parser.resume(); // everything is taken in `on_record`, and nothing comes out
  await pipeline(pieces, parser, { signal });
  return reader.end();
}
