import type { Edit } from "../edit.ts";
import type { Place, SourceTree } from "../source-tree.ts";
import { declaratorsOf, isConstant, withKeyword } from "./declaration.ts";

/** `let` that is never assigned again becomes `const`: the two are alike in all else. */
export function preferConst(tree: SourceTree): Edit[] {
  return tree.places.flatMap((place) => {
    const { node } = place;
    const declarators = declaratorsOf(node, "let");
    if (declarators === undefined || isShared(place, tree)) return [];
    const head = headOf(place);
    if (head === "for" || !isConstant(declarators, tree, { isInitialised: head === "each" })) {
      return [];
    }
    return [withKeyword(node, "let", "const")];
  });
}

/** Whether other files may assign it: what stands at the top of a script, and what a namespace exports. */
function isShared({ parent }: Place, { isModule }: SourceTree): boolean {
  if (parent?.node.type === "Program") return !isModule;
  for (let place = parent; place !== undefined; place = place.parent) {
    if (place.node.type === "TSModuleBlock") return true;
  }
  return false;
}

/** Whether it stands in the head of a loop; `for (let x of list)` gives `x` a value each time. */
function headOf({ parent, field }: Place): "for" | "each" | undefined {
  if (parent?.node.type === "ForStatement" && field === "init") return "for";
  const isEach = parent?.node.type === "ForOfStatement" || parent?.node.type === "ForInStatement";
  return isEach && field === "left" ? "each" : undefined;
}
