import { EXIT } from "../exit-code.ts";
import { cascadeSchema } from "./cascade-schema.ts";

/** Prints the JSON Schema of cascade files. */
export async function runSchema(): Promise<number> {
  process.stdout.write(`${JSON.stringify(cascadeSchema(), null, 2)}\n`);
  return EXIT.ok;
}
