import type { MemorySpace } from "../../../core/memory.ts";

export type MemoryCommand = {
  readonly kind: "memory";
  /** Undefined: all spaces. */
  readonly space: MemorySpace | undefined;
  readonly json: boolean;
} & MemoryAction;

export type MemoryAction =
  | { readonly action: "ls"; readonly prefix: string }
  | { readonly action: "search"; readonly text: string }
  | { readonly action: "watch"; readonly prefix: string }
  | { readonly action: "get"; readonly key: string }
  | { readonly action: "history"; readonly key: string }
  | { readonly action: "rm"; readonly key: string }
  | {
      readonly action: "put";
      readonly key: string;
      /** As given: JSON, unless it is a text. */
      readonly value: string;
      readonly isText: boolean;
      readonly ttlMs?: number;
      /** The write is carried out only while the key has this revision. */
      readonly revision?: number;
    }
  | { readonly action: "export" }
  /** A path, or `-` for standard input. */
  | { readonly action: "import"; readonly file: string };
