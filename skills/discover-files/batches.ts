export interface SizedFile {
  readonly file: string;
  readonly bytes: number;
}

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Batch = { readonly files: readonly string[]; readonly bytes: number };

/** About as much as an agent analyses in a second. */
const BATCH_BYTES = 262_144;
/** Enough for the default number of agents to have a batch each. */
const LEAST_BATCHES = 4;

/**
 * Splits files into batches of nearly equal bytes and counts: the largest files are dealt out first, to and fro,
 * as in a snake draft. The same files always give the same batches.
 */
export function makeBatches(
  files: readonly SizedFile[],
  limits: { readonly batchSize: number; readonly batches: number | undefined },
): Batch[] {
  const count = batchCount(files, limits);
  const batches = Array.from({ length: count }, () => ({ files: [] as string[], bytes: 0 }));
  const largestFirst = [...files].sort((a, b) => b.bytes - a.bytes || (a.file < b.file ? -1 : 1));
  for (const [index, { file, bytes }] of largestFirst.entries()) {
    const step = index % (2 * count);
    const batch = batches[step < count ? step : 2 * count - 1 - step];
    if (batch === undefined) throw new Error(`no batch for file ${index} of ${files.length}`);
    batch.files.push(file);
    batch.bytes += bytes;
  }
  for (const batch of batches) batch.files.sort();
  return batches;
}

function batchCount(
  files: readonly SizedFile[],
  limits: { readonly batchSize: number; readonly batches: number | undefined },
): number {
  if (limits.batches !== undefined) return Math.min(limits.batches, files.length);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return Math.max(
    Math.ceil(files.length / limits.batchSize),
    Math.min(Math.ceil(bytes / BATCH_BYTES), files.length),
    Math.min(LEAST_BATCHES, Math.ceil(files.length / 2)),
  );
}
