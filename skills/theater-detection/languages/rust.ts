import {
  ancestor,
  type CodeNode,
  type CodeTree,
  childAt,
  fieldText,
  textOf,
} from "../code/code-tree.ts";
import { type Language, words } from "./language.ts";

export const RUST: Language = {
  functions: words("function_item"),
  calls: words("call_expression macro_invocation"),
  returns: words("return_expression"),
  raises: words(""),
  wrappers: words("expression_statement await_expression"),
  ifs: words("if_expression"),
  choices: words("while_expression"),
  imports: words("use_declaration"),
  assignments: {
    let_declaration: ["pattern", "value"],
    assignment_expression: ["left", "right"],
    field_initializer: ["field", "value"],
  },
  literals: words(
    "string_content escape_sequence integer_literal float_literal boolean_literal char_literal unit_expression",
  ),
  compounds: words(
    "string_literal unary_expression reference_expression array_expression tuple_expression struct_expression field_initializer_list field_initializer arguments",
  ),
  constantCalls:
    /^(?:Ok|Some|Err|String::(?:from|new)|Vec::new|HashMap::new|vec!|".*"\.(?:to_string|to_owned|into))$/s,
  constantNames: /^None$/,
  nothing: /^(?:;|\(\))$/,
  assertion:
    /\b\w*assert\w*!|\bpanic!|\bunreachable!|\?\s*[;.)]|\.(?:unwrap|expect)(?:_\w+)?\(|\bproptest!|\b(?:check|verify|assert|expect)\w*\(/,
  random: /\brand::|\brng\.|\bfastrand::|\brandom::</,
  bodyOf: (node) => childAt(node, "body"),
  nameOf: (node, tree) => fieldText(node, "name", tree),
  kindOf: (node) => (implOf(node) === undefined ? "function" : "method"),
  ownerOf: (node, tree) => {
    const owner = implOf(node);
    return owner === undefined ? "" : fieldText(owner, "type", tree);
  },
  isBound: (node) => {
    const owner = implOf(node);
    return (
      owner !== undefined && (owner.type === "trait_item" || childAt(owner, "trait") !== undefined)
    );
  },
  isAbstract: (node) => implOf(node)?.type === "trait_item",
  parametersOf: (node, tree) =>
    (childAt(node, "parameters")?.children ?? [])
      .map((parameter) => childAt(parameter, "pattern"))
      .filter((pattern) => pattern !== undefined)
      .map((pattern) => textOf(pattern, tree)),
  handlerOf: (node, tree) => {
    const pattern = fieldText(node, "pattern", tree);
    const body = node.type === "match_arm" ? childAt(node, "value") : undefined;
    if (body === undefined || !/^Err\((?:_\w*|\w+)\)$/.test(pattern)) return undefined;
    return { body, takes: "Err", tried: undefined };
  },
  testOf: (node, tree) => {
    const body = node.type === "function_item" ? childAt(node, "body") : undefined;
    const attributes = attributesOf(node, tree);
    if (!attributes.some((text) => /^#\[(?:\w+::)?test\b/.test(text)) || body === undefined) {
      return undefined;
    }
    if (attributes.some((text) => /should_panic|ignore/.test(text))) return undefined;
    return { name: fieldText(node, "name", tree), body };
  },
  isTestPart: (node, tree) =>
    node.type === "mod_item" &&
    attributesOf(node, tree).some((text) => /^#\[cfg\(test\)\]/.test(text)),
  skipOf: (node, tree) => {
    if (node.type !== "attribute_item") return undefined;
    const text = textOf(node, tree);
    return /^#\[ignore\b/.test(text)
      ? { left: "itself", hasReason: /"[^"]{3}/.test(text) }
      : undefined;
  },
};

function implOf(node: CodeNode): CodeNode | undefined {
  return ancestor(node, ({ type }) => type === "impl_item" || type === "trait_item");
}

/** Attributes stand before the item, beside it. */
function attributesOf(node: CodeNode, tree: CodeTree): string[] {
  const siblings = node.parent?.children ?? [];
  const found: string[] = [];
  for (let at = node.index - 1; siblings[at]?.type === "attribute_item"; at--) {
    const attribute = siblings[at];
    if (attribute !== undefined) found.push(textOf(attribute, tree));
  }
  return found;
}
