import { z } from "zod";
import type { Finding, Severity } from "../finding.ts";
import { INSIDE } from "./scratch-copy.ts";
import type { Dialect } from "./tools.ts";

/** A problem that a tool reports; `column` counts from 1. */
export type Problem = Pick<Finding, "file" | "line" | "rule" | "severity" | "message"> & {
  readonly column?: number;
};

const place = z.int().min(1).nullish().catch(1);

const eslintAnswer = z.array(
  z.object({
    filePath: z.string(),
    messages: z.array(
      z.object({
        ruleId: z.string().nullish(),
        severity: z.number(),
        message: z.string(),
        line: place,
        column: place,
      }),
    ),
  }),
);

const oxlintAnswer = z.object({
  diagnostics: z.array(
    z.object({
      message: z.string(),
      code: z.string().nullish(),
      severity: z.string().nullish(),
      filename: z.string().nullish(),
      labels: z.array(z.object({ span: z.object({ line: place, column: place }) })).nullish(),
    }),
  ),
});

const ruffAnswer = z.array(
  z.object({
    code: z.string().nullish(),
    message: z.string(),
    filename: z.string(),
    location: z.object({ row: place, column: place }).nullish(),
  }),
);

/** Reads what a tool said; undefined when it is not in its form, as when the tool failed. Pure. */
export function problemsIn(dialect: Dialect, tool: string, text: string): Problem[] | undefined {
  switch (dialect) {
    case "eslint":
      return read(eslintAnswer, text)?.flatMap(({ filePath, messages }) =>
        messages.map(({ ruleId, severity, message, line, column }) =>
          problem(tool, {
            file: filePath,
            rule: ruleId,
            message,
            line,
            column,
            isError: severity > 1,
          }),
        ),
      );
    case "oxlint":
      return read(oxlintAnswer, text)?.diagnostics.map(
        ({ message, code, severity, filename, labels }) => {
          const { line, column } = labels?.[0]?.span ?? {};
          return problem(tool, {
            file: filename,
            rule: code,
            message,
            line,
            column,
            isError: severity === "error",
          });
        },
      );
    case "ruff":
      return read(ruffAnswer, text)?.map(({ code, message, filename, location }) =>
        problem(tool, {
          file: filename,
          rule: code,
          message,
          line: location?.row,
          column: location?.column,
          isError: true,
        }),
      );
    case "github":
      return annotations(tool, text);
    default:
      return dialect satisfies never;
  }
}

/** `::error title=…,file=…,line=…,col=…::message`, with `%0A` and the like for what would end it. */
function annotations(tool: string, text: string): Problem[] {
  return [...text.matchAll(/^::(error|warning|notice) ([^\n]{0,2000}?)::([^\n]{0,4000})$/gm)].map(
    ([, level, given = "", message = ""]) => {
      const fields = new Map(
        given.split(",").map((part): [string, string] => {
          const at = part.indexOf("=");
          return [part.slice(0, at), decoded(part.slice(at + 1))];
        }),
      );
      return problem(tool, {
        file: fields.get("file"),
        rule: fields.get("title"),
        message: decoded(message),
        line: Number(fields.get("line") ?? 1),
        column: Number(fields.get("col") ?? 1),
        isError: level === "error",
      });
    },
  );
}

function decoded(text: string): string {
  return text.replace(/%(0A|0D|25|3A|2C)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const LONGEST_MESSAGE = 1_000;

function problem(
  tool: string,
  given: {
    readonly file: string | null | undefined;
    readonly rule: string | null | undefined;
    readonly message: string;
    readonly line: number | null | undefined;
    readonly column: number | null | undefined;
    readonly isError: boolean;
  },
): Problem {
  const severity: Severity = given.isError ? "medium" : "low";
  return {
    file: (given.file ?? "").replace(`${INSIDE}/`, "").replace(/^\.\//, ""),
    line: Math.max(1, Math.trunc(given.line || 1)),
    column: Math.max(1, Math.trunc(given.column || 1)),
    rule: `${tool}/${given.rule ?? "problem"}`,
    severity,
    message: given.message.slice(0, LONGEST_MESSAGE),
  };
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
