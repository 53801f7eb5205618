import type { ModelFeature } from "../../../core/model.ts";

export type ModelsCommand = { readonly kind: "models"; readonly json: boolean } & (
  | { readonly action: "ls" }
  | { readonly action: "doctor" }
  | {
      readonly action: "route";
      readonly model: string;
      readonly features: readonly ModelFeature[];
    }
);
