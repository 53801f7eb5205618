import type { SandboxLimits } from "../../../core/sandbox.ts";

export type SandboxCommand = { readonly kind: "sandbox" } & (
  | { readonly action: "doctor"; readonly json: boolean }
  | {
      readonly action: "exec";
      readonly argv: readonly string[];
      /** Directories that it may read beside the one where it starts, and those that it may write; as given. */
      readonly read: readonly string[];
      readonly write: readonly string[];
      readonly limits: Partial<SandboxLimits>;
    }
);
