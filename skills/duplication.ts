import { z } from "zod";

/** Fewer tokens in common are no clone: five to ten lines. */
export const CLONE_TOKENS = 50;
/** As few lines as are worth a name of their own. */
const LEAST_LINES = 5;
/** Up to so many places of one hash are all paired; of more, each with the next. */
const PAIRED_FULLY = 8;
/** Matches that are looked at for groups, the longest first. */
const MOST_MATCHES = 5_000;
/** How much of the longer one two stretches must share to be the same place. */
const SAME_PLACE = 0.8;

/** A window of {@link CLONE_TOKENS} tokens: its hash, the place of its first token in the file, first and last line. */
const fingerprint = z.tuple([z.int(), z.int().min(0), z.int().min(1), z.int().min(1)]);
export type Fingerprint = Readonly<z.infer<typeof fingerprint>>;

/** What `complexity-analysis` tells of one file, as its output `fingerprints`. */
export const fileFingerprints = z.object({
  file: z.string(),
  /** Without comments and imports. */
  tokens: z.int().min(0),
  fingerprints: z.array(fingerprint.readonly()).readonly(),
  /** Fingerprints over the limit of a file. */
  left_out: z.int().min(0),
});
export type FileFingerprints = Readonly<z.infer<typeof fileFingerprints>>;

export interface ClonePlace {
  readonly file: string;
  readonly start_line: number;
  readonly end_line: number;
}

/** Code that stands in several places, names and literals aside. */
export interface CloneGroup {
  readonly tokens: number;
  /** Of the first place. */
  readonly lines: number;
  readonly places: readonly ClonePlace[];
}

export interface Duplication {
  /** The longest first. */
  readonly groups: readonly CloneGroup[];
  /** Lines that stand in at least one group. */
  readonly duplicated_lines: number;
  /** Matches over the limit, which no group was made of. */
  readonly matches_left_out: number;
}

/**
 * Joins the fingerprints of all batches. Lines are those of the matched windows: a clone may begin or end a few lines
 * further out. Pure, and linear in the number of fingerprints but for sorting.
 */
export function findClones(files: readonly FileFingerprints[]): Duplication {
  const sorted = [...files].sort((a, b) => (a.file < b.file ? -1 : 1));
  const matches = findMatches(sorted).sort(
    (a, b) =>
      b.tokens - a.tokens || comparePlaces(a.first, b.first) || comparePlaces(a.second, b.second),
  );
  const groups = groupMatches(matches.slice(0, MOST_MATCHES));
  return {
    groups,
    duplicated_lines: countLines(groups),
    matches_left_out: Math.max(0, matches.length - MOST_MATCHES),
  };
}

/** Two stretches of equal tokens. */
interface Match {
  readonly tokens: number;
  readonly first: ClonePlace;
  readonly second: ClonePlace;
}

interface Occurrence {
  readonly file: number;
  readonly print: Fingerprint;
}

interface Pair {
  readonly first: Occurrence;
  readonly second: Occurrence;
}

/** Pairs of windows with one hash, joined where they follow each other at the same distance. */
function findMatches(files: readonly FileFingerprints[]): Match[] {
  const byHash = new Map<number, Occurrence[]>();
  for (const [file, { fingerprints }] of files.entries()) {
    for (const print of fingerprints) {
      const same = byHash.get(print[0]);
      if (same === undefined) byHash.set(print[0], [{ file, print }]);
      else same.push({ file, print });
    }
  }
  const diagonals = new Map<string, Pair[]>();
  for (const occurrences of byHash.values()) {
    for (const pair of pairsOf(occurrences)) {
      const { first, second } = pair;
      const key = `${first.file} ${second.file} ${second.print[1] - first.print[1]}`;
      const same = diagonals.get(key);
      if (same === undefined) diagonals.set(key, [pair]);
      else same.push(pair);
    }
  }
  return [...diagonals.values()].flatMap((pairs) => joinPairs(pairs, files));
}

function pairsOf(occurrences: readonly Occurrence[]): Pair[] {
  const reach = occurrences.length > PAIRED_FULLY ? 1 : PAIRED_FULLY;
  return occurrences.flatMap((first, index) =>
    occurrences
      .slice(index + 1, index + 1 + reach)
      .filter((second) => !overlap(first, second))
      .map((second) => ({ first, second })),
  );
}

function overlap(first: Occurrence, second: Occurrence): boolean {
  return first.file === second.file && second.print[1] - first.print[1] < CLONE_TOKENS;
}

function joinPairs(pairs: readonly Pair[], files: readonly FileFingerprints[]): Match[] {
  const sorted = [...pairs].sort((a, b) => a.first.print[1] - b.first.print[1]);
  const runs: Pair[][] = [];
  for (const pair of sorted) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    // Between two kept windows may lie a few long lines.
    const follows =
      last !== undefined && pair.first.print[1] - last.first.print[1] <= 2 * CLONE_TOKENS;
    if (follows) run?.push(pair);
    else runs.push([pair]);
  }
  return runs.flatMap((run) => {
    const [start, end] = [run[0], run.at(-1)];
    if (start === undefined || end === undefined) return [];
    return [
      {
        tokens: end.first.print[1] - start.first.print[1] + CLONE_TOKENS,
        first: placeOf(files, start.first, end.first),
        second: placeOf(files, start.second, end.second),
      },
    ];
  });
}

function placeOf(
  files: readonly FileFingerprints[],
  start: Occurrence,
  end: Occurrence,
): ClonePlace {
  return {
    file: files[start.file]?.file ?? "",
    start_line: start.print[2],
    end_line: end.print[3],
  };
}

/** A group while it grows; one that was taken into another says into which. */
interface OpenGroup {
  readonly tokens: number;
  readonly places: ClonePlace[];
  joined?: OpenGroup;
}

/** Matches, longest first, that share a place make a group; what lies inside a group's places is no news. */
function groupMatches(matches: readonly Match[]): CloneGroup[] {
  const groups: OpenGroup[] = [];
  const byFile = new Map<string, { readonly place: ClonePlace; readonly group: OpenGroup }[]>();
  const add = (group: OpenGroup, place: ClonePlace): void => {
    group.places.push(place);
    const places = byFile.get(place.file);
    if (places === undefined) byFile.set(place.file, [{ place, group }]);
    else places.push({ place, group });
  };
  const known = (place: ClonePlace) => byFile.get(place.file) ?? [];
  const groupAt = (place: ClonePlace): OpenGroup | undefined => {
    const found = known(place).find((each) => isSame(each.place, place))?.group;
    return found === undefined ? undefined : lastOf(found);
  };
  for (const { tokens, first, second } of matches) {
    if (isShort(first) || isShort(second) || isSameFileOverlap(first, second)) continue;
    const around = new Set(
      known(first)
        .filter(({ place }) => contains(place, first))
        .map(({ group }) => lastOf(group)),
    );
    if (
      known(second).some(({ place, group }) => contains(place, second) && around.has(lastOf(group)))
    ) {
      continue;
    }
    const [left, right] = [groupAt(first), groupAt(second)];
    const group = left ?? right ?? { tokens, places: [] };
    if (left === undefined && right === undefined) groups.push(group);
    if (left === undefined) add(group, first);
    if (right === undefined) add(group, second);
    else if (right !== group) join(right, group);
  }
  return groups
    .filter((group) => group.joined === undefined)
    .map(closed)
    .sort((a, b) => b.tokens - a.tokens || comparePlaces(a.places[0], b.places[0]));
}

function join(from: OpenGroup, into: OpenGroup): void {
  into.places.push(...from.places);
  from.joined = into;
}

function lastOf(group: OpenGroup): OpenGroup {
  let last = group;
  while (last.joined !== undefined) last = last.joined;
  return last;
}

function closed({ tokens, places }: OpenGroup): CloneGroup {
  const sorted = [...places].sort(comparePlaces);
  const [first] = sorted;
  const lines = first === undefined ? 0 : first.end_line - first.start_line + 1;
  return { tokens, lines, places: sorted };
}

function isSame(a: ClonePlace, b: ClonePlace): boolean {
  const shared = Math.min(a.end_line, b.end_line) - Math.max(a.start_line, b.start_line) + 1;
  const longer = Math.max(a.end_line - a.start_line, b.end_line - b.start_line) + 1;
  return shared >= SAME_PLACE * longer;
}

function contains(outer: ClonePlace, inner: ClonePlace): boolean {
  return outer.start_line <= inner.start_line && inner.end_line <= outer.end_line;
}

function isShort({ start_line, end_line }: ClonePlace): boolean {
  return end_line - start_line + 1 < LEAST_LINES;
}

/** Code that repeats with a short period matches itself a little further on. */
function isSameFileOverlap(first: ClonePlace, second: ClonePlace): boolean {
  return first.file === second.file && second.start_line <= first.end_line;
}

function comparePlaces(a: ClonePlace | undefined, b: ClonePlace | undefined): number {
  if (a === undefined || b === undefined) return 0;
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.start_line - b.start_line;
}

function countLines(groups: readonly CloneGroup[]): number {
  const byFile = new Map<string, [number, number][]>();
  for (const { file, start_line, end_line } of groups.flatMap(({ places }) => places)) {
    const stretches = byFile.get(file);
    if (stretches === undefined) byFile.set(file, [[start_line, end_line]]);
    else stretches.push([start_line, end_line]);
  }
  let lines = 0;
  for (const stretches of byFile.values()) {
    let counted = 0;
    for (const [start, end] of stretches.sort((a, b) => a[0] - b[0])) {
      lines += Math.max(0, end - Math.max(counted, start - 1));
      counted = Math.max(counted, end);
    }
  }
  return lines;
}
