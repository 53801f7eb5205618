/** A cascade that a run can be started of. */
export interface OfferedCascade {
  /** A registered name, or a file below the directory's `cascades`. */
  readonly name: string;
  readonly description?: string;
  readonly inputs: readonly OfferedInput[];
  /** Why it cannot be run. */
  readonly problem?: string;
}

export interface OfferedInput {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description?: string;
  /** As one would type it; absent when there is none. */
  readonly default?: string;
}
