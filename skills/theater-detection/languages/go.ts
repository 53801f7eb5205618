import { childAt, fieldText, textOf } from "../code/code-tree.ts";
import { type Language, words } from "./language.ts";

export const GO: Language = {
  functions: words("function_declaration method_declaration"),
  calls: words("call_expression"),
  returns: words("return_statement"),
  raises: words(""),
  wrappers: words("expression_statement statement_list"),
  ifs: words("if_statement"),
  choices: words("for_statement"),
  imports: words("import_spec"),
  assignments: {
    short_var_declaration: ["left", "right"],
    assignment_statement: ["left", "right"],
    var_spec: ["name", "value"],
    keyed_element: ["key", "value"],
  },
  literals: words(
    "nil true false int_literal float_literal rune_literal interpreted_string_literal_content raw_string_literal_content",
  ),
  compounds: words(
    "interpreted_string_literal raw_string_literal composite_literal literal_value keyed_element literal_element unary_expression expression_list",
  ),
  constantCalls: /^make$/,
  constantNames: /^(?!)$/,
  nothing: /^;$/,
  assertion:
    /\b[tb]\.(?:Error|Fatal|Fail)\w*\(|\b(?:assert|require|is|qt|Expect|check|verify|must)\w*\s*[.(]|\bpanic\(|\w+\(\s*t\s*,/i,
  random: /\brand\.\w+\(/,
  bodyOf: (node) => childAt(node, "body"),
  nameOf: (node, tree) => fieldText(node, "name", tree),
  kindOf: (node) => (node.type === "method_declaration" ? "method" : "function"),
  ownerOf: (node, tree) =>
    /(\w+)(?:\[[^\]]*\])?\)$/.exec(fieldText(node, "receiver", tree))?.[1] ?? "",
  isBound: () => false,
  isAbstract: (node) => childAt(node, "body") === undefined,
  parametersOf: (node, tree) =>
    (childAt(node, "parameters")?.children ?? []).flatMap((parameter) =>
      parameter.children.filter(({ field }) => field === "name").map((name) => textOf(name, tree)),
    ),
  handlerOf: (node, tree) => {
    if (node.type !== "if_statement") return undefined;
    const body = childAt(node, "consequence");
    const isTest = /^err\w* != nil$/.test(fieldText(node, "condition", tree));
    return isTest && body !== undefined ? { body, takes: "error", tried: undefined } : undefined;
  },
  testOf: (node, tree) => {
    if (node.type !== "function_declaration") return undefined;
    const name = fieldText(node, "name", tree);
    const body = childAt(node, "body");
    const takesTest = /\*testing\.T\b/.test(fieldText(node, "parameters", tree));
    return /^Test(?![a-z])/.test(name) && takesTest && name !== "TestMain" && body !== undefined
      ? { name, body }
      : undefined;
  },
  isTestPart: () => false,
  skipOf: (node, tree) => {
    if (node.type !== "call_expression") return undefined;
    const isSkip = /^[tb]\.(?:Skip|SkipNow)\(\s*\)$/.test(textOf(node, tree));
    return isSkip ? { left: "itself", hasReason: false } : undefined;
  },
};
