/** What could not be carried out. */
export interface LetterView {
  readonly number: number;
  readonly kind: "task" | "job" | "unreadable";
  readonly sinceMs: number;
  readonly run?: string;
  readonly stage?: string;
  /** What it is about, for a person. */
  readonly about: string;
  readonly failure: { readonly code: string; readonly message: string; readonly hint?: string };
  /** The job as it came. */
  readonly job?: string;
}
