export interface SizedFile {
  readonly file: string;
  readonly bytes: number;
}

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Batch = {
  readonly files: readonly string[];
  /** Files in no source language, which may hold secrets all the same. */
  readonly texts: readonly string[];
  readonly bytes: number;
};

/** About as much as an agent analyses in a second. */
const BATCH_BYTES = 393_216;
/** Enough for the default number of agents to have a batch each. */
const LEAST_BATCHES = 4;

/**
 * Splits files into batches of nearly equal bytes and counts: the largest files are dealt out first, to and fro,
 * as in a snake draft. The same files always give the same batches.
 */
export function makeBatches(
  files: readonly SizedFile[],
  texts: readonly SizedFile[],
  limits: { readonly batchSize: number; readonly batches: number | undefined },
): Batch[] {
  const count = files.length > 0 ? batchCount(files, limits) : batchCount(texts, limits);
  const [ofFiles, ofTexts] = [deal(files, count), deal(texts, count)];
  return ofFiles.map((hand, index) => {
    const other = ofTexts[index] ?? { names: [], bytes: 0 };
    return { files: hand.names, texts: other.names, bytes: hand.bytes + other.bytes };
  });
}

function deal(
  files: readonly SizedFile[],
  count: number,
): { readonly names: readonly string[]; readonly bytes: number }[] {
  const hands = Array.from({ length: count }, () => ({ names: [] as string[], bytes: 0 }));
  const largestFirst = [...files].sort((a, b) => b.bytes - a.bytes || (a.file < b.file ? -1 : 1));
  for (const [index, { file, bytes }] of largestFirst.entries()) {
    const step = index % (2 * count);
    const hand = hands[step < count ? step : 2 * count - 1 - step];
    if (hand === undefined) throw new Error(`no batch for file ${index} of ${files.length}`);
    hand.names.push(file);
    hand.bytes += bytes;
  }
  for (const hand of hands) hand.names.sort();
  return hands;
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
