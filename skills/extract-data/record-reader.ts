import type { CsvError } from "csv-parse";
import { SwarmError } from "../../core/errors.ts";
import { type NamedColumn, nameColumns } from "./column-names.ts";
import { LIMITS, refuseOver } from "./limits.ts";
import type { LineCounter } from "./line-counter.ts";
import { isOverMost, type Skipped } from "./skipped.ts";

export interface DelimitedRows {
  readonly columns: readonly NamedColumn[];
  /** Fields of each row, as many as there are columns. */
  readonly records: readonly (readonly string[])[];
  readonly skipped: readonly Skipped[];
  /** False when there is more than was asked for. */
  readonly complete: boolean;
}

/** Takes what the parser finds, in the order of the file, and tells rows from lines that are none. */
export class RecordReader {
  /** Whether the rest of the file is of no use. */
  isDone = false;
  #columns: readonly NamedColumn[] | undefined;
  readonly #records: string[][] = [];
  readonly #skipped: Skipped[] = [];
  #complete = true;
  /** The line on which the next record begins. */
  #line = 1;
  #broken: string | undefined;
  readonly #file: string;
  readonly #limit: number | undefined;
  readonly #lines: LineCounter;

  constructor(file: string, limit: number | undefined, lines: LineCounter) {
    this.#file = file;
    this.#limit = limit;
    this.#lines = lines;
  }

  /** @param end offset behind the record and its line break */
  record(fields: string[], end: number): void {
    if (this.isDone) return;
    const last = this.#lines.lineEndingAt(end);
    const line = last - breaksIn(fields);
    this.#settle(line);
    this.#line = last + 1;
    if (fields.length === 1 && fields[0] === "") return;
    if (this.#columns === undefined) this.#columns = nameColumns(fields, this.#file);
    else this.#row(fields, line, this.#columns.length);
    this.isDone ||= isOverMost(this.#skipped);
  }

  /**
   * Takes an error of quotes. The parser goes on to the next line break that stands in no quotes, so what it swallows is
   * known when the next record comes.
   * @throws SwarmError for a quote that is never closed
   */
  broken(error: CsvError | undefined): void {
    if (this.isDone) return;
    this.#broken ??= REASONS[error?.code ?? ""] ?? "cannot be read";
    if (error?.code !== "CSV_QUOTE_NOT_CLOSED") return;
    throw new SwarmError(
      "invalid-input",
      `${this.#file}:${this.#line}: a quoted field begins here, or below, and never ends`,
      {
        hint: "close the quote; inside a quoted field a quote is written twice",
        location: { file: this.#file, line: this.#line },
      },
    );
  }

  end(): DelimitedRows {
    this.#settle(undefined);
    return {
      columns: this.#columns ?? [],
      records: this.#records,
      skipped: this.#skipped,
      complete: this.#complete,
    };
  }

  #row(fields: string[], line: number, columns: number): void {
    if (fields.length !== columns) {
      const reason = `${fields.length} ${fields.length === 1 ? "field" : "fields"} where the header has ${columns}`;
      this.#skipped.push({ line, reason });
    } else if (this.#records.length === this.#limit) {
      this.#complete = false;
      this.isDone = true;
    } else {
      this.#records.push(fields);
      if (this.#records.length > LIMITS.rows && this.#limit === undefined) {
        refuseOver("rows", this.#records.length, this.#file);
      }
    }
  }

  /** @param next the line of the first record after what was broken; undefined at the end of the file */
  #settle(next: number | undefined): void {
    if (this.#broken === undefined) return;
    const last = next === undefined ? undefined : next - 1;
    const swallowed =
      last === this.#line
        ? ""
        : `; left out up to ${last === undefined ? "the end" : `line ${last}`}`;
    this.#skipped.push({ line: this.#line, reason: `${this.#broken}${swallowed}` });
    this.#broken = undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: "a quote inside a field that is not quoted",
  CSV_INVALID_CLOSING_QUOTE: "a single quote mark inside a quoted field",
};

function breaksIn(fields: readonly string[]): number {
  let breaks = 0;
  for (const field of fields) {
    if (field.includes("\n") || field.includes("\r"))
      breaks += field.match(/\r\n|\n|\r/g)?.length ?? 0;
  }
  return breaks;
}
