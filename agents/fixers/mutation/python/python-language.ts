import type { Mutation, MutationLanguage, WrongLiteral } from "../mutation.ts";
import { pythonCallMutations } from "./python-calls.ts";
import { openPythonFile, type PythonFile } from "./python-file.ts";
import { pythonOperatorMutations } from "./python-operators.ts";
import { pythonFunctions, pythonTestOutline } from "./python-outline.ts";
import { pythonStatementMutations } from "./python-statements.ts";
import { type PythonNode, parsePython, pythonNodes } from "./python-tree.ts";
import { pythonValueMutations } from "./python-values.ts";

type Mutator = (node: PythonNode, file: PythonFile) => Iterable<Mutation>;

const MUTATORS: readonly Mutator[] = [
  pythonOperatorMutations,
  pythonValueMutations,
  pythonCallMutations,
  pythonStatementMutations,
];

export const PYTHON_LANGUAGE: MutationLanguage = {
  async parse(_file, text) {
    const tree = await parsePython(text);
    if (tree.status === "not-parsed") return tree;
    const { root } = tree;
    return {
      status: "parsed",
      source: {
        functions: pythonFunctions(text, root),
        testOutline: () => pythonTestOutline(text, root),
        *mutations(wrongLiterals: readonly WrongLiteral[]): Generator<Mutation> {
          const file = openPythonFile(text, root, wrongLiterals);
          for (const node of pythonNodes(root)) {
            for (const mutator of MUTATORS) yield* mutator(node, file);
          }
        },
      },
    };
  },
  async isValid(_file, text) {
    return (await parsePython(text)).status === "parsed";
  },
};
