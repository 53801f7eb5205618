import { isNode, type SyntaxNode } from "../../syntax.ts";
import { dottedName, isCall, isMember, propertyName } from "../names.ts";
import { constantNumber, property, type Rule, resolve } from "../rule.ts";
import { isFunction, nameOf, nodesWithin, type Scope } from "../scope.ts";
import { constantText } from "../values.ts";

/** OWASP Password Storage Cheat Sheet: PBKDF2 takes 210,000 rounds of SHA-512 or 600,000 of SHA-256. */
const LEAST_ROUNDS = 100_000;
/** OWASP Password Storage Cheat Sheet: a work factor of 10 or more. */
const LEAST_BCRYPT_ROUNDS = 10;
/** NIST SP 800-131A: RSA keys have at least 2048 bits. */
const LEAST_RSA_BITS = 2_048;

/** Cryptography that is broken, weak or used against its rules. */
export const CRYPTOGRAPHY_RULES: readonly Rule[] = [
  {
    id: "security/weak-hash",
    cwe: "CWE-328",
    severity: "medium",
    message: "MD5 and SHA-1 are broken: two texts with one hash can be made",
    fix: "Use SHA-256, and scrypt, argon2 or bcrypt for passwords.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (!/^crypto\.(?:createHash|createSign|createVerify|hash)$/.test(call.name))
        return undefined;
      const name = constantText(call.args[0], scope) ?? "";
      return /^(?:rsa-)?(?:md[245]|sha-?1|ripemd160)$/i.test(name) ? "medium" : undefined;
    },
  },
  {
    id: "security/weak-cipher",
    cwe: "CWE-327",
    severity: "high",
    message: "the cipher or its mode is broken",
    fix: "Use `aes-256-gcm` or `chacha20-poly1305`.",
    find({ call, scope }) {
      if (call === undefined || !/^crypto\.create(?:C|Dec)ipher(?:iv)?$/.test(call.name))
        return undefined;
      const name = constantText(call.args[0], scope) ?? "";
      return /^(?:des|rc4|rc2|bf|blowfish|cast|idea|seed)|-ecb$/i.test(name) ? "high" : undefined;
    },
  },
  {
    id: "security/cipher-without-iv",
    cwe: "CWE-329",
    severity: "high",
    message:
      "equal texts are encrypted equally, because the initialisation vector is fixed or missing",
    fix: "Use `createCipheriv` with `crypto.randomBytes` for each message, and store the vector beside it.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (/^crypto\.create(?:C|Dec)ipher$/.test(call.name)) return "high";
      if (call.name !== "crypto.createCipheriv" || call.args.length < 3) return undefined;
      return isFixedBytes(call.args[2], scope) ? "high" : undefined;
    },
  },
  {
    id: "security/insecure-random",
    cwe: "CWE-338",
    severity: "high",
    message: "a secret is made with `Math.random`, which can be predicted",
    fix: "Use `crypto.randomBytes`, `crypto.randomUUID` or `crypto.getRandomValues`.",
    find({ node, scope }) {
      const named = namedValue(node);
      if (named === undefined || !SECRET_NAME.test(named.name)) return undefined;
      return holdsMathRandom(named.value, scope) ? "high" : undefined;
    },
  },
  {
    id: "security/weak-key-derivation",
    cwe: "CWE-916",
    severity: "high",
    message: "the hash of a password is quick to compute, and so to guess",
    fix: "Use scrypt or argon2, bcrypt with 12 rounds, or PBKDF2 with 600,000.",
    find({ call, scope }) {
      if (call === undefined) return undefined;
      if (/^crypto\.pbkdf2(?:Sync)?$/.test(call.name)) {
        return isBelow(call.args[2], LEAST_ROUNDS, scope);
      }
      if (!/^bcrypt(?:js)?\.(?:hash|hashSync|genSalt|genSaltSync)$/.test(call.name))
        return undefined;
      const rounds = call.method.startsWith("hash") ? call.args[1] : call.args[0];
      return isBelow(rounds, LEAST_BCRYPT_ROUNDS, scope);
    },
  },
  {
    id: "security/weak-rsa-key",
    cwe: "CWE-326",
    severity: "high",
    message: "an RSA key of fewer than 2048 bits can be broken",
    fix: "Make keys of 3072 bits, or use Ed25519.",
    find({ call, scope }) {
      if (call === undefined || !/^crypto\.generateKeyPair(?:Sync)?$/.test(call.name))
        return undefined;
      return isBelow(property(call.args[1], "modulusLength", scope), LEAST_RSA_BITS, scope);
    },
  },
  {
    id: "security/unfilled-buffer",
    cwe: "CWE-665",
    severity: "medium",
    message: "`new Buffer(n)` is deprecated: what it holds depends on the type of its argument",
    fix: "Use `Buffer.from` for data and `Buffer.alloc` for a size.",
    find: ({ call }) =>
      call?.isNew && /^(?:buffer\.)?Buffer$/.test(call.name) ? "high" : undefined,
  },
];

function isBelow(node: unknown, least: number, scope: Scope): "high" | undefined {
  const number = constantNumber(node, scope);
  return number !== undefined && number < least ? "high" : undefined;
}

/** Bytes that are the same whenever the program runs: text of the code, or zeros. */
function isFixedBytes(given: unknown, scope: Scope): boolean {
  const node = resolve(given, scope);
  if (!isNode(node)) return false;
  if (node.type === "StringLiteral") return nameOf(node) !== "";
  if (node.type !== "CallExpression") return false;
  const name = dottedName(node["callee"], scope) ?? "";
  const args = node["arguments"] as unknown[];
  if (/^(?:buffer\.)?Buffer\.alloc$/.test(name)) return true;
  const isFrom = /^(?:buffer\.)?Buffer\.from$/.test(name);
  return isFrom && constantText(args[0], scope) !== undefined && isNode(resolve(args[0], scope));
}

const SECRET_NAME =
  /(?:^|_)(?:token|password|passwd|secret|nonce|salt|otp|pin|session_?[iI]d|api_?[kK]ey|csrf|iv|private_?[kK]ey|reset_?[cC]ode|invite_?[cC]ode)s?$|(?:Token|Password|Secret|Nonce|Salt|Otp|SessionId|ApiKey|Csrf|PrivateKey|ResetCode|InviteCode)s?$/;

/** A value with the name it is given: of a variable, a property or a function. */
function namedValue(node: SyntaxNode): { name: string; value: unknown } | undefined {
  switch (node.type) {
    case "VariableDeclarator":
      return { name: nameOf(node["id"]) ?? "", value: node["init"] };
    case "AssignmentExpression": {
      const target = node["left"];
      if (!isNode(target)) return undefined;
      const name = isMember(target) ? propertyName(target) : nameOf(target);
      return { name: name ?? "", value: node["right"] };
    }
    case "ObjectProperty":
      return { name: nameOf(node["key"]) ?? "", value: node["value"] };
    case "FunctionDeclaration":
      return { name: nameOf(node["id"]) ?? "", value: node["body"] };
    default:
      return undefined;
  }
}

/** Nodes that are looked at in one value. */
const MOST_NODES = 300;

function holdsMathRandom(value: unknown, scope: Scope): boolean {
  const goesInto = (node: SyntaxNode): boolean =>
    !isFunction(node) || node.type === "ArrowFunctionExpression";
  return nodesWithin(value, MOST_NODES, goesInto).some(
    (node) => isCall(node) && dottedName(node["callee"], scope) === "Math.random",
  );
}
