import { SwarmError } from "../../core/errors.ts";
import { isReservedKey } from "../reserved-keys.ts";
import { refuseOver } from "./limits.ts";

export interface NamedColumn {
  readonly name: string;
  /** What the file says, when that is empty or there twice. */
  readonly header?: string;
}

/** Names for the columns of a delimited file: each is there once. @throws SwarmError for a reserved name, or too many */
export function nameColumns(headers: readonly string[], file: string): NamedColumn[] {
  refuseOver("columns", headers.length, file);
  const given = new Set(headers);
  const taken = new Set<string>();
  return headers.map((header, index) => {
    if (isReservedKey(header)) throw reserved(header, file, index);
    let name = header === "" ? `column_${index + 1}` : header;
    const base = name;
    for (let number = 2; taken.has(name) || (name !== header && given.has(name)); number++) {
      name = `${base}_${number}`;
    }
    taken.add(name);
    return name === header ? { name } : { name, header };
  });
}

function reserved(name: string, file: string, index: number): SwarmError {
  return new SwarmError("invalid-input", `${file}:1: column ${index + 1} is called ${name}`, {
    hint: "this name is reserved; rename the column",
    location: { file, line: 1 },
  });
}
