import type { z } from "zod";

/** A key that the schema does not know, and the path of the mapping in which it stands. */
export interface UnknownKey {
  readonly path: readonly PropertyKey[];
  readonly key: string;
}

type Issue = z.core.$ZodIssue;

/** All unknown keys, those within the option of a union that is meant included. */
export function unknownKeys(
  issues: readonly Issue[],
  below: readonly PropertyKey[] = [],
): readonly UnknownKey[] {
  return issues.flatMap((issue): readonly UnknownKey[] => {
    const path = [...below, ...issue.path];
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ path, key }));
    if (issue.code !== "invalid_union") return [];
    const meant = issue.errors.filter((option) => !option.some(isOfWrongKind));
    return meant.length === 1 ? meant.flatMap((option) => unknownKeys(option, path)) : [];
  });
}

/** A text where a mapping stands, or the other way round. */
function isOfWrongKind({ code, path }: Issue): boolean {
  return code === "invalid_type" && path.length === 0;
}
