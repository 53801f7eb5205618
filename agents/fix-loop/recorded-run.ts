import type { JsonObject } from "../../core/json.ts";
import type { TestCase } from "../testing/test-run.ts";

/** A test as a step records it. */
export type RecordedCase = {
  readonly id: string;
  readonly status: TestCase["status"];
  readonly file: string | null;
  readonly message: string;
  readonly isFile: boolean;
} & JsonObject;

/** What a run changed against the one before. */
export type CaseChanges = {
  readonly changed: readonly RecordedCase[];
  readonly gone: readonly string[];
} & JsonObject;

export function recordedCase({ id, status, file, message, isFile }: TestCase): RecordedCase {
  return { id, status, file: file ?? null, message, isFile: isFile === true };
}

export function caseFrom({ id, status, file, message, isFile }: RecordedCase): TestCase {
  return {
    id,
    status,
    message,
    ...(file === null ? {} : { file }),
    ...(isFile ? { isFile: true } : {}),
  };
}

export function changesBetween(
  before: ReadonlyMap<string, TestCase>,
  now: ReadonlyMap<string, TestCase>,
): CaseChanges {
  const isSame = (test: TestCase): boolean => {
    const old = before.get(test.id);
    return old?.status === test.status && old.message === test.message;
  };
  return {
    changed: [...now.values()].filter((test) => !isSame(test)).map(recordedCase),
    gone: [...before.keys()].filter((id) => !now.has(id)),
  };
}

export function withChanges(
  before: ReadonlyMap<string, TestCase>,
  { changed, gone }: CaseChanges,
): ReadonlyMap<string, TestCase> {
  const cases = new Map(before);
  for (const id of gone) cases.delete(id);
  for (const each of changed) cases.set(each.id, caseFrom(each));
  return cases;
}
