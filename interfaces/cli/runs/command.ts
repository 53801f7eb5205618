export type RunsCommand = {
  readonly kind: "runs";
  readonly run: string;
  readonly json: boolean;
} & (
  | {
      readonly action: "approve";
      readonly stage: string;
      readonly approved: boolean;
      readonly comment?: string;
    }
  | { readonly action: "cancel"; readonly reason: string }
);
