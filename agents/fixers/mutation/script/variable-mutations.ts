import type { Mutation } from "../mutation.ts";
import { likeness } from "../names.ts";
import type { ScriptFile } from "./script-file.ts";
import { isReadVariable } from "./script-names.ts";
import { enclosingFunctions, nameOf, type Visit } from "./script-tree.ts";

const MOST_OTHERS = 4;

/** Another variable in the place of one: of a like name, or of the same list of parameters, or of the same function. */
export function* variableMutations(visit: Visit, file: ScriptFile): Generator<Mutation> {
  const { node } = visit;
  const name = nameOf(node);
  if (name === undefined || name === "undefined" || !isReadVariable(visit)) return;
  const isCallee = visit.field === "callee";
  // A name that the file does not declare is the platform's, or a slip.
  const known = isDeclared(name, visit, file) ? 1 : 0.4;
  const others = reachable(visit, file)
    .filter((other) => other.name !== name)
    .map((other) => ({ ...other, like: likeness(other.name, name) }))
    .filter(({ like, isNear }) => like > 0 || (isNear && !isCallee))
    .map((other) => ({ ...other, weight: weightOf(other) }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_OTHERS);
  for (const other of others) {
    yield {
      start: node.start,
      end: node.end,
      replacement: other.name,
      family: "variable",
      weight: other.weight * known,
    };
  }
}

/** A variable that nothing reads yet is what is missing somewhere. */
const UNREAD = 2.5;

function weightOf({
  like,
  isUnread,
}: {
  readonly like: number;
  readonly isUnread: boolean;
}): number {
  return ((like > 0 ? 1 : 0.5) + like * 0.4) * (isUnread ? UNREAD : 1);
}

function isDeclared(name: string, visit: Visit, file: ScriptFile): boolean {
  return reachable(visit, file).some((other) => other.name === name);
}

/** Names that the place can use, those of its own function first. */
function reachable(
  visit: Visit,
  file: ScriptFile,
): { readonly name: string; readonly isNear: boolean; readonly isUnread: boolean }[] {
  const found = new Map<string, { readonly isNear: boolean; readonly isUnread: boolean }>();
  let isNear = true;
  for (const { node } of enclosingFunctions(visit)) {
    const { parameters = [], locals = [] } = file.names.get(node) ?? {};
    for (const name of [...parameters, ...locals]) {
      const isUnread = isNear && file.unread.has(`${node.start}:${name}`);
      if (!found.has(name)) found.set(name, { isNear, isUnread });
    }
    // What a callback can use of the function around it is as near as its own.
    isNear &&= /^ArrowFunctionExpression$/.test(node.type);
  }
  for (const name of file.names.get(file.program)?.locals ?? []) {
    if (!found.has(name)) found.set(name, { isNear: false, isUnread: false });
  }
  return [...found].map(([name, about]) => ({ name, ...about }));
}
