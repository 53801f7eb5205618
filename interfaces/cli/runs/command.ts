import type { Json } from "../../../core/json.ts";

/** How a run stands, as `runs ls` filters by it. */
export type RunStanding = "running" | "succeeded" | "failed" | "cancelled";
export const RUN_STANDINGS: readonly RunStanding[] = [
  "running",
  "succeeded",
  "failed",
  "cancelled",
];

export type RunsCommand =
  | ListRuns
  | CollectRuns
  | (OneRun & { readonly kind: "runs"; readonly run: string; readonly json: boolean });

export interface ListRuns {
  readonly kind: "runs";
  readonly action: "ls";
  /** At most. */
  readonly limit: number;
  /** Undefined: all. */
  readonly status?: RunStanding;
  readonly json: boolean;
}

export interface CollectRuns {
  readonly kind: "runs";
  readonly action: "gc";
  readonly olderThanMs: number;
  /** So many of the newest finished ones stay. */
  readonly keep: number;
  /** Of all histories; undefined: any. */
  readonly mostBytes?: number;
  readonly isDryRun: boolean;
  /** Also the files that collected runs have on this host. */
  readonly files: boolean;
  readonly json: boolean;
}

type OneRun =
  | { readonly action: "show" }
  | { readonly action: "watch" }
  | {
      readonly action: "rerun";
      /** Stages that are done again; none: those that did not succeed. */
      readonly from: readonly string[];
      /** `key=value`, as given. */
      readonly inputs: readonly string[];
    }
  | {
      readonly action: "approve";
      readonly stage: string;
      readonly approved: boolean;
      readonly comment?: string;
      /** The beginning of the content's hash that was shown; undefined: whatever is asked. */
      readonly content?: string;
    }
  | { readonly action: "pause"; readonly reason: string }
  | { readonly action: "resume" }
  | { readonly action: "diff"; readonly other: string }
  | { readonly action: "logs" }
  /** To standard output without a file. */
  | { readonly action: "export"; readonly file?: string }
  | { readonly action: "signal"; readonly name: string; readonly data: Json }
  | { readonly action: "cancel"; readonly reason: string };
