import { isTestFile } from "../test-files.ts";
import {
  type CodeComment,
  type CodeNode,
  type CodeTree,
  childAt,
  fieldText,
  isExplained,
  textOf,
} from "./code/code-tree.ts";
import type {
  BranchFacts,
  CodeFacts,
  CommentFacts,
  FunctionFacts,
  HandlerFacts,
  Place,
  TestFacts,
} from "./facts.ts";
import type { Language } from "./languages/language.ts";
import { statementsOf, workingParts } from "./statements.ts";
import { argumentsOf, calledName, usesNames, valueIn } from "./values.ts";

const LONGEST_CONDITION = 300;
/** Of a longer comment the beginning says what it is. */
const LONGEST_COMMENT = 2_000;
/** A name that is called. Bounded, so that the time is linear in the text. */
const CALLED = /(?<![\w$])([\w$]{1,100})\s{0,20}(?:<[^<>()]{0,200}>)?\(/g;

/** Gathers what the rules look at. */
export function readFacts(
  file: string,
  tree: CodeTree,
  language: Language,
  deadCode: readonly Place[],
): CodeFacts {
  const reader = new FactReader(tree, language);
  return {
    file,
    isTest: isTestFile(file),
    functions: reader.functions(),
    handlers: reader.handlers(),
    ...reader.conditions(),
    calls: reader.nodesOf(language.calls).map((node) => ({
      ...placeOf(node),
      name: calledName(node, tree),
      args: argumentsOf(node).map((each) => valueIn(each, tree, language)),
    })),
    assignments: reader.assignments(),
    imports: reader.nodesOf(language.imports).map((node) => ({
      ...placeOf(node),
      module: importedModule(node, tree),
    })),
    tests: reader.tests(),
    skips: tree.nodes.flatMap((node) => {
      const skip = language.skipOf(node, tree);
      return skip === undefined ? [] : [{ ...placeOf(node), ...skip }];
    }),
    comments: commentFacts(tree.comments),
    testParts: tree.nodes
      .filter((node) => language.isTestPart(node, tree))
      .map((node) => ({ first: node.line, last: lastLine(node, tree) })),
    deadCode,
  };
}

/** Facts of a file of which only the comments can be told. */
export function factsOfComments(file: string, comments: readonly CodeComment[]): CodeFacts {
  return {
    file,
    isTest: isTestFile(file),
    functions: [],
    handlers: [],
    branches: [],
    conditions: [],
    calls: [],
    assignments: [],
    imports: [],
    tests: [],
    skips: [],
    comments: commentFacts(comments),
    testParts: [],
    deadCode: [],
  };
}

class FactReader {
  readonly #tree: CodeTree;
  readonly #language: Language;

  constructor(tree: CodeTree, language: Language) {
    this.#tree = tree;
    this.#language = language;
  }

  nodesOf(types: ReadonlySet<string>): readonly CodeNode[] {
    return this.#tree.nodes.filter(({ type }) => types.has(type));
  }

  functions(): FunctionFacts[] {
    const tree = this.#tree;
    const language = this.#language;
    return this.nodesOf(language.functions).flatMap((node) => {
      const body = language.bodyOf(node);
      if (body === undefined) return [];
      const parameters = language.parametersOf(node, tree);
      return [
        {
          ...placeOf(node),
          name: language.nameOf(node, tree),
          kind: language.kindOf(node),
          owner: language.ownerOf(node, tree),
          isBound: language.isBound(node, tree),
          isAbstract: language.isAbstract(node, tree),
          isAsync: /^\s*(?:\w+\s+)*async\b/.test(textOf(node, tree).slice(0, 60)),
          parameters,
          usesParameters: workingParts(body, tree, language).some((part) =>
            usesNames(part, parameters, tree),
          ),
          hasComment: isExplained(body, tree),
          statements: statementsOf(body, tree, language),
        },
      ];
    });
  }

  handlers(): HandlerFacts[] {
    const tree = this.#tree;
    return tree.nodes.flatMap((node) => {
      const handler = this.#language.handlerOf(node, tree);
      if (handler === undefined) return [];
      const { body, takes, tried } = handler;
      return [
        {
          ...placeOf(node),
          takes,
          statements: statementsOf(body, tree, this.#language),
          hasComment: isExplained(node, tree),
          guardsAssertion: tried !== undefined && this.#asserts(textOf(tried, tree)),
          asserts: this.#asserts(textOf(body, tree)),
        },
      ];
    });
  }

  #asserts(text: string): boolean {
    return this.#language.assertion.test(text);
  }

  conditions(): Pick<CodeFacts, "branches" | "conditions"> {
    const tree = this.#tree;
    const branches: BranchFacts[] = [];
    const conditions: (Place & { text: string })[] = [];
    for (const node of tree.nodes) {
      const isIf = this.#language.ifs.has(node.type);
      if (!isIf && !this.#language.choices.has(node.type)) continue;
      const text = conditionText(node, tree);
      if (text !== "") conditions.push({ ...placeOf(node), text });
      if (isIf) branches.push(...this.#branchesOf(node, text));
    }
    return { branches, conditions };
  }

  #branchesOf(node: CodeNode, condition: string): BranchFacts[] {
    const tree = this.#tree;
    const otherwise = childAt(node, "alternative") ?? childAt(node, "alternate");
    const body = childAt(node, "consequence") ?? childAt(node, "consequent");
    const inner =
      otherwise?.type === "else_clause"
        ? (childAt(otherwise, "body") ?? otherwise.children[0])
        : otherwise;
    const isElse = inner !== undefined && /block|Block/.test(inner.type);
    return [
      ...(body === undefined ? [] : [{ body, place: node, condition }]),
      ...(isElse ? [{ body: inner, place: inner, condition: "" }] : []),
    ].map((branch) => ({
      ...placeOf(branch.place),
      condition: branch.condition,
      isEmpty: statementsOf(branch.body, tree, this.#language).every(
        ({ kind }) => kind === "nothing",
      ),
      hasComment: isExplained(branch.body, tree),
    }));
  }

  assignments(): CodeFacts["assignments"] {
    const tree = this.#tree;
    return tree.nodes.flatMap((node) => {
      const fields = Object.hasOwn(this.#language.assignments, node.type)
        ? this.#language.assignments[node.type]
        : undefined;
      const value = fields === undefined ? undefined : childAt(node, fields[1]);
      if (fields === undefined || value === undefined) return [];
      const name = fieldText(node, fields[0], tree).slice(0, 200);
      return [{ ...placeOf(node), name, value: valueIn(value, tree, this.#language) }];
    });
  }

  tests(): TestFacts[] {
    const tree = this.#tree;
    const written = tree.nodes.flatMap((node) => {
      const test = this.#language.testOf(node, tree);
      return test === undefined ? [] : [{ ...test, node }];
    });
    const helpers = this.#assertingHelpers();
    return written.map(({ name, body, node }) => {
      const text = textOf(body, tree);
      return {
        ...placeOf(node),
        name,
        isEmpty: statementsOf(body, tree, this.#language).every(({ kind }) => kind === "nothing"),
        asserts: this.#asserts(text) || callsOneOf(text, helpers),
      };
    });
  }

  /** Functions of the file that assert, themselves or by another one. */
  #assertingHelpers(): ReadonlySet<string> {
    const tree = this.#tree;
    const named = this.nodesOf(this.#language.functions)
      .map((node) => ({
        name: this.#language.nameOf(node, tree),
        text: textOf(node, tree),
      }))
      .filter(({ name }) => name !== "");
    const found = new Set(named.filter(({ text }) => this.#asserts(text)).map(({ name }) => name));
    for (const { name, text } of named) if (callsOneOf(text, found)) found.add(name);
    return found;
  }
}

function callsOneOf(text: string, names: ReadonlySet<string>): boolean {
  return [...text.matchAll(CALLED)].some(([, name]) => names.has(name ?? ""));
}

function lastLine(node: CodeNode, tree: CodeTree): number {
  return node.line + textOf(node, tree).split("\n").length - 1;
}

function placeOf({ line, column }: Place): Place {
  return { line, column };
}

function conditionText(node: CodeNode, tree: CodeTree): string {
  const condition = childAt(node, "condition") ?? childAt(node, "test");
  if (condition === undefined) return "";
  const text = textOf(condition, tree).slice(0, LONGEST_CONDITION).trim();
  return condition.type === "parenthesized_expression" ? text.replace(/^\(|\)$/g, "").trim() : text;
}

function importedModule(node: CodeNode, tree: CodeTree): string {
  const source = fieldText(node, "source", tree) || fieldText(node, "path", tree);
  if (source !== "") return source.replace(/^["'`]|["'`]$/g, "");
  return textOf(node, tree)
    .replace(/^(?:import(?:\s+static)?|from|use)\s+/, "")
    .replace(/;$/, "")
    .slice(0, 200);
}

function commentFacts(comments: readonly CodeComment[]): CommentFacts[] {
  return comments.map(({ line, column, text }) => ({
    line,
    column,
    text: text
      .slice(0, LONGEST_COMMENT)
      .replace(/^(?:\/\/[/!]?|\/\*+!?|#+|<!--|--|;;)\s?/, "")
      .replace(/\s*(?:\*+\/|-->)$/, "")
      .replace(/^[ \t]*\*[ \t]?/gm, "")
      .trim(),
  }));
}
