export type DeadCommand = { readonly kind: "dead"; readonly json: boolean } & (
  | { readonly action: "ls"; readonly limit: number }
  | { readonly action: "show" | "retry" | "drop"; readonly letter: number }
);
