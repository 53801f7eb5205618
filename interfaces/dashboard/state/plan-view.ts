/** What pages know of a plan. */
export interface PlanView {
  readonly cascade: string;
  readonly version?: string;
  readonly description?: string;
  /** Each comes after those it needs. */
  readonly stages: readonly StagePlan[];
}

export interface StagePlan {
  readonly id: string;
  readonly type: string;
  /** Positions of the stages that it waits for, without those that it waits for anyway through others. */
  readonly needs: readonly number[];
  /** When it runs at all, in words. */
  readonly condition?: string;
  readonly calls: readonly SkillCallView[];
  readonly foreach?: string;
  readonly model?: string;
  /** Of a stage with a swarm of its own. */
  readonly topology?: string;
  readonly maxAttempts: number;
  readonly isFinal: boolean;
  readonly continueOnError: boolean;
}

export interface SkillCallView {
  readonly skill: string;
  readonly lane: string;
  /** As they are written in the cascade, by name. */
  readonly inputs: Readonly<Record<string, string>>;
}
