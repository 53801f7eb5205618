export type AgentsCommand =
  | { readonly kind: "agents"; readonly action: "ls"; readonly json: boolean }
  | {
      readonly kind: "agents";
      readonly action: "scale";
      /** How many are to run. */
      readonly count: number;
      /** How long one that is ended may finish what it runs. */
      readonly drainMs: number;
      readonly json: boolean;
    };
