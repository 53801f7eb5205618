export type LearnedCommand =
  | {
      readonly kind: "learned";
      readonly action: "status";
      /** Decides which outcomes are kept from learning. */
      readonly seed: number;
      /** The newest runs that are looked at. */
      readonly runs: number;
      readonly json: boolean;
    }
  | { readonly kind: "learned"; readonly action: "patterns"; readonly json: boolean };
