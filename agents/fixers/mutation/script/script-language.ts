import type { Mutation, MutationLanguage, WrongLiteral } from "../mutation.ts";
import { callMutations } from "./call-mutations.ts";
import { conditionMutations } from "./condition-mutations.ts";
import { guardMutations } from "./guard-mutations.ts";
import { literalMutations } from "./literal-mutations.ts";
import { operatorMutations } from "./operator-mutations.ts";
import { returnMutations } from "./return-mutations.ts";
import { openScriptFile, type ScriptFile } from "./script-file.ts";
import { scriptFunctions, scriptTestOutline } from "./script-outline.ts";
import { parseScript, type Visit, visits } from "./script-tree.ts";
import { variableMutations } from "./variable-mutations.ts";

type Mutator = (visit: Visit, file: ScriptFile) => Iterable<Mutation>;

const MUTATORS: readonly Mutator[] = [
  operatorMutations,
  conditionMutations,
  literalMutations,
  callMutations,
  returnMutations,
  guardMutations,
  variableMutations,
];

/** JavaScript, TypeScript and JSX. */
export const SCRIPT_LANGUAGE: MutationLanguage = {
  parse(file, text) {
    const tree = parseScript(file, text);
    if (tree.status === "not-parsed") return Promise.resolve(tree);
    const { program } = tree;
    return Promise.resolve({
      status: "parsed",
      source: {
        functions: scriptFunctions(program),
        testOutline: () => scriptTestOutline(program),
        *mutations(wrongLiterals: readonly WrongLiteral[]): Generator<Mutation> {
          const opened = openScriptFile(text, program, wrongLiterals);
          for (const visit of visits(program)) {
            for (const mutator of MUTATORS) yield* mutator(visit, opened);
          }
        },
      },
    });
  },
  isValid: (file, text) => Promise.resolve(parseScript(file, text).status === "parsed"),
};
