import { isNode } from "../../syntax.ts";
import { dottedName } from "../names.ts";
import { type Call, isTrue, property, type Rule, resolve } from "../rule.ts";
import { nameOf, type Scope } from "../scope.ts";
import { constantText, isBuilt, isDynamic, isFromRequest, piecesOf } from "../values.ts";

/** Text that is run as a program. */
export const EXECUTION_RULES: readonly Rule[] = [
  {
    id: "security/eval",
    cwe: "CWE-95",
    severity: "high",
    message: "text that is not fixed is run as JavaScript",
    fix: "Parse the text (`JSON.parse`) or look the function up in a map of allowed ones.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (/^(?:(?:window|globalThis|global|self)\.)?(?:eval|Function)$/.test(call.name)) {
        if (call.args.some((each) => isFromRequest(each, scope))) return "high";
        return call.args.some((each) => isDynamic(each, scope)) ? "medium" : undefined;
      }
      if (!/^(?:(?:window|globalThis|self)\.)?(?:setTimeout|setInterval)$/.test(call.name)) {
        return undefined;
      }
      const list = piecesOf(call.args[0], scope);
      if (list.length === 1 && list[0]?.kind === "request") return "high";
      return isBuilt(list) ? "high" : undefined;
    },
  },
  {
    id: "security/command-injection",
    cwe: "CWE-78",
    severity: "high",
    message: "a shell command is put together from text that is not fixed",
    fix: "Use `execFile` or `spawn` without a shell and give each value as an argument of its own.",
    find({ call, scope }) {
      const command = call === undefined ? undefined : shellCommandOf(call, scope);
      if (command === undefined) return undefined;
      const list = command.flatMap((each) => piecesOf(each, scope));
      if (list.some(({ kind }) => kind === "request")) return "high";
      return isBuilt(list) ? "medium" : undefined;
    },
  },
  {
    id: "security/code-in-vm",
    cwe: "CWE-94",
    severity: "high",
    message: "text that is not fixed is run with `node:vm`, which is no sandbox",
    fix: "Do not run foreign text; if it must be, in a process of its own without rights.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      const runs =
        /^vm\.(?:runIn(?:New|This)?Context|compileFunction)$/.test(call.name) ||
        (call.isNew && /^vm\.(?:Script|SourceTextModule)$/.test(call.name));
      if (!runs || !isDynamic(call.args[0], scope)) return undefined;
      return isFromRequest(call.args[0], scope) ? "high" : "medium";
    },
  },
  {
    id: "security/module-from-request",
    cwe: "CWE-829",
    severity: "high",
    message: "the request decides which module is loaded",
    fix: "Choose the module from a map of allowed names.",
    find({ node, call, scope }) {
      const source = node.type === "ImportExpression" ? node["source"] : call?.args[0];
      const loads = node.type === "ImportExpression" || call?.name === "require";
      return loads && isFromRequest(source, scope) ? "high" : undefined;
    },
  },
  {
    id: "security/template-from-request",
    cwe: "CWE-1336",
    severity: "high",
    message: "the request decides what template is compiled, and templates run code",
    fix: "Compile templates of the program only, and give the request's data to them as values.",
    find({ call, scope }) {
      const compiles =
        /^(?:ejs\.(?:render|compile)|handlebars\.compile|pug\.(?:render|compile)|nunjucks\.(?:renderString|compile)|lodash\.template|mustache\.render|eta\.renderString)$/i;
      if (call === undefined || !compiles.test(call.name)) return undefined;
      return isFromRequest(call.args[0], scope) ? "high" : undefined;
    },
  },
  {
    id: "security/unsafe-deserialization",
    cwe: "CWE-502",
    severity: "high",
    message: "data is turned back into objects in a way that can run code",
    fix: "Use `JSON.parse` and check the result against a schema.",
    find({ call, scope }) {
      if (call === undefined || !isDynamic(call.args[0], scope)) return undefined;
      if (
        /^(?:node-serialize|serialize-to-js|funcster)\.(?:unserialize|deserialize|deepDeserialize)$/.test(
          call.name,
        )
      ) {
        return "high";
      }
      if (call.name === "v8.deserialize") {
        return isFromRequest(call.args[0], scope) ? "medium" : undefined;
      }
      if (!/^js-yaml\.load(?:All)?$/.test(call.name)) return undefined;
      const options = call.args.at(-1);
      const schema = dottedName(property(options, "schema", scope), scope);
      return schema === "js-yaml.DEFAULT_FULL_SCHEMA" ? "high" : undefined;
    },
  },
];

/** The parts of what a shell gets to read. */
function shellCommandOf({ name, args }: Call, scope: Scope): readonly unknown[] | undefined {
  if (/^(?:child_process\.exec(?:Sync)?|shelljs\.exec|execa\.execaCommand(?:Sync)?)$/.test(name)) {
    return args.slice(0, 1);
  }
  if (!/^child_process\.(?:spawn|spawnSync|execFile|execFileSync)$/.test(name)) return undefined;
  const options = args.at(-1);
  const shell = property(options, "shell", scope);
  if (
    shell !== undefined &&
    (isTrue(shell, scope) || (constantText(shell, scope) ?? "") !== "false")
  ) {
    return args.slice(0, 2);
  }
  const program = constantText(args[0], scope) ?? "";
  if (!/^(?:.*\/)?(?:sh|bash|zsh|dash|cmd|cmd\.exe|powershell(?:\.exe)?)$/.test(program))
    return undefined;
  const list = resolve(args[1], scope);
  if (!isNode(list) || list.type !== "ArrayExpression") return undefined;
  const [flag, command] = list["elements"] as unknown[];
  return isNode(flag) && /^[-/]l?c$|^-Command$/i.test(nameOf(flag) ?? "") ? [command] : undefined;
}
