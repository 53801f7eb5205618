/** A finding of theater-detection in this repository that is right to stay. */
interface Explained {
  readonly file: string;
  readonly rule: string;
  readonly reason: string;
}

/** Mend what is found before adding to this list; an entry that explains nothing fails the check. */
export const EXPLAINED: readonly Explained[] = [];
