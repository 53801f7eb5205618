import { basename } from "node:path/posix";
import { found, type Rule } from "../rule.ts";

const LIBRARIES =
  /^(?:sinon|jest-mock|@jest\/globals|vitest$|@faker-js\/faker|faker|nock|msw(?:\/node)?|testdouble|ts-mockito|fetch-mock|unittest\.mock\b|mock\b|faker\b|org\.mockito\b|org\.easymock\b|mockall\b|mockito\b|github\.com\/(?:golang\/mock|stretchr\/testify\/mock|DATA-DOG\/go-sqlmock)|go\.uber\.org\/mock)/;
const STAND_IN = /^new(?:\w+\.)?_?(?:Mock|Fake|Stub|Dummy)[A-Z]\w*$/;
const STAND_IN_CALL =
  /^(?:\w+\.)?(?:create|make|build|get|use|generate)_?(?:Mock|Fake|Stub|Dummy|mock|fake|stub|dummy)(?:[A-Z_]\w*)?$/;
const STAND_IN_CLASS = /^_?(?:Mock|Fake|Stub|Dummy)[A-Z]\w*$/;

/** Stand-ins where the real thing belongs, and tests of stand-ins. */
export const MOCK_RULES: readonly Rule[] = [
  {
    id: "theater/mock-outside-tests",
    severity: "high",
    looksAt: "sources",
    message: "the program itself uses a mock in place of the real thing",
    fix: "Use the real implementation, and keep mocks in files of tests.",
    find({ imports, calls }) {
      const libraries = imports.filter(({ module }) => LIBRARIES.test(module));
      const uses = calls.filter(
        ({ name }) =>
          STAND_IN.test(name) ||
          STAND_IN_CALL.test(name) ||
          STAND_IN_CLASS.test(name) ||
          /^(?:\w+::)*(?:Mock|Fake|Stub)[A-Z]\w*::new$/.test(name),
      );
      return [
        ...libraries.map((each) => found(each, "high", each.module.split(/\s/)[0])),
        ...uses.map((each) => found(each, "high", each.name.replace(/^new/, ""))),
      ];
    },
  },
  {
    id: "theater/mocked-subject",
    severity: "high",
    looksAt: "tests",
    message: "the test replaces the very module that it is named after, so it tests its own mock",
    fix: "Mock what the module depends on, not the module.",
    find({ file, calls }) {
      const subject = basename(file).replace(/\.(?:test|spec)\.[cm]?[jt]sx?$/, "");
      return calls
        .filter(({ name, args: [path, factory] }) => {
          if (!/^(?:vi|jest)\.(?:do)?[mM]ock$/.test(name) || path?.isConstant !== true)
            return false;
          // A factory that takes the original keeps most of it.
          if (/importActual|importOriginal|requireActual/.test(factory?.text ?? "")) return false;
          const named = path.text.replace(/^["'`]|["'`]$/g, "");
          return (
            named.startsWith(".") && basename(named).replace(/\.[cm]?[jt]sx?$/, "") === subject
          );
        })
        .map((call) => found(call, "high", subject));
    },
  },
];
