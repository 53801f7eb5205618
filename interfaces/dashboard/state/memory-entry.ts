/** What is kept under a key, or was. */
export interface MemoryEntryView {
  /** `global`, a run's id, or `cascade/name`. */
  readonly space: string;
  readonly key: string;
  readonly revision: number;
  readonly atMs: number;
  /** Who wrote it. */
  readonly by: string;
  readonly expiresAtMs?: number;
  /** How its value begins as JSON, or what there is instead. */
  readonly value: string;
  readonly isKept: boolean;
}
