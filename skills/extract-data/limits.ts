import { SwarmError } from "../../core/errors.ts";

/** Bytes and counts. A result is kept well below what an object of the store may hold. */
export const LIMITS = {
  fileBytes: 64_000_000,
  rows: 500_000,
  columns: 2_000,
  resultBytes: 200_000_000,
} as const;

/** @throws SwarmError `limit-exceeded` that names the limit, what there is and what is allowed */
export function refuseOver(limit: keyof typeof LIMITS, there: number, file: string): void {
  if (there <= LIMITS[limit]) return;
  throw new SwarmError(
    "limit-exceeded",
    `${limit}: ${there} in ${file}, ${LIMITS[limit]} allowed`,
    {
      hint: limit === "rows" ? "give `limit`, or split the file" : "split the file",
      location: { file },
    },
  );
}
