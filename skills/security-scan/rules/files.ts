import { constantNumber, isFalse, isTrue, property, type Rule } from "../rule.ts";
import type { Scope } from "../scope.ts";
import { isFromRequest, type Piece, piecesOf } from "../values.ts";

const FILE_CALL =
  /^(?:fs|fs\/promises|fs\.promises|fs-extra|graceful-fs)\.(?:readFile|writeFile|appendFile|open|unlink|rm|rmdir|readdir|stat|createReadStream|createWriteStream|access|copyFile|rename|exists|mkdir|cp)(?:Sync)?$/;

/** Files that others can choose, read or replace. */
export const FILE_RULES: readonly Rule[] = [
  {
    id: "security/path-traversal",
    cwe: "CWE-22",
    severity: "high",
    message: "the request decides which file is used, and `../` leads out of the folder",
    fix: "Resolve the path and check that it begins with the folder, or take `path.basename` of the name.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (FILE_CALL.test(call.name)) return isFromRequest(call.args[0], scope) ? "high" : undefined;
      const isSent =
        /^(?:sendFile|sendfile|download)$/.test(call.method) && call.object !== undefined;
      if (!isSent || !isFromRequest(call.args[0], scope)) return undefined;
      // Express refuses paths outside `root` itself.
      return call.args.some((each) => property(each, "root", scope) !== undefined)
        ? undefined
        : "high";
    },
  },
  {
    id: "security/world-writable",
    cwe: "CWE-732",
    severity: "medium",
    message: "every user of the machine may change the file",
    fix: "Give rights to the owner only (`0o600`, or `0o700` for folders).",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (
        /^(?:fs|fs\/promises|fs\.promises|fs-extra)\.(?:chmod|lchmod|fchmod)(?:Sync)?$/.test(
          call.name,
        )
      ) {
        return isOpenToAll(call.args[1], scope) ? "high" : undefined;
      }
      if (!FILE_CALL.test(call.name)) return undefined;
      return isOpenToAll(property(call.args.at(-1), "mode", scope), scope) ? "high" : undefined;
    },
  },
  {
    id: "security/predictable-temporary-file",
    cwe: "CWE-377",
    severity: "medium",
    message: "a temporary file has a name that others can guess and make first",
    fix: "Make a folder with `fs.mkdtemp` and put the file there.",
    find({ call, scope }) {
      const writes =
        /^(?:fs|fs\/promises|fs\.promises|fs-extra)\.(?:writeFile|appendFile|createWriteStream|outputFile)(?:Sync)?$/;
      if (call === undefined || !writes.test(call.name)) return undefined;
      const list = piecesOf(call.args[0], scope);
      if (isExclusive(call.args.at(-1), scope)) return undefined;
      return isInTemporaryFolder(list) && list.every(({ kind }) => kind !== "unknown")
        ? "medium"
        : undefined;
    },
  },
  {
    id: "security/xml-external-entities",
    cwe: "CWE-611",
    severity: "high",
    message: "the XML parser reads files and addresses that the document names",
    fix: "Leave `noent` and `dtdload` off.",
    find({ call, scope }) {
      if (
        call === undefined ||
        !/^(?:parseXml|parseXmlString|parseXmlAsync|parseFromString)$/.test(call.method)
      ) {
        return undefined;
      }
      const options = call.args.at(-1);
      const isOn = ["noent", "dtdload", "replaceEntities"].some((name) =>
        isTrue(property(options, name, scope), scope),
      );
      return isOn && !isFalse(property(options, "noent", scope), scope) ? "high" : undefined;
    },
  },
];

function isOpenToAll(mode: unknown, scope: Scope): boolean {
  const number = constantNumber(mode, scope);
  if (number !== undefined) return (number & 0o002) !== 0;
  const [only, ...others] = piecesOf(mode, scope);
  return only?.kind === "literal" && others.length === 0 && /^0?[0-7]{2}[2367]$/.test(only.text);
}

function isExclusive(options: unknown, scope: Scope): boolean {
  const [flag] = piecesOf(
    property(options, "flag", scope) ?? property(options, "flags", scope),
    scope,
  );
  return flag?.kind === "literal" && flag.text.includes("x");
}

function isInTemporaryFolder([first]: readonly Piece[]): boolean {
  return first?.kind === "literal" && /^\/(?:var\/)?tmp\/\S/.test(first.text);
}
