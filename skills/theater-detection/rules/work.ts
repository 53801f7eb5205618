import type { FunctionFacts } from "../facts.ts";
import {
  deeds,
  found,
  isDeliberate,
  isNothing,
  isOnlyShow,
  type Rule,
  tellsSuccess,
} from "../rule.ts";

const NOT_IMPLEMENTED =
  /\bnot[ _-]?(?:yet[ _-]?)?(?:been )?implemented\b|\bnotimplemented(?:error|exception)?\b|\bunimplemented\b|\bto[ -]be implemented\b|\bimplement me\b|\bTODO\b|^(?:todo|unimplemented)!|\bcoming soon\b/i;
const FOR_SUBCLASSES = /\b(?:subclass|sub-class|abstract|overrid|derived|must (?:be )?implement)/i;

const WAITS_BY_NAME =
  /sleep|delay|wait|pause|tick|settle|throttle|backoff|back_off|debounce|yield|timeout/i;
const TALKS_BY_NAME =
  /log|print|show|say|report|trace|debug|usage|help|warn|version|banner|display|render|dump|greet|hello|main|write|echo|describe|tell|announce|on[A-Z]|handle/i;
const WORKS_BY_NAME =
  /^_?(?:send|save|store|persist|delete|remove|deploy|notify|publish|upload|update|create|insert|process|execute|apply|install|backup|back_up|sync|train|charge|pay|email|index|migrate|encrypt|decrypt|compress|commit|push|pull|submit|transfer|refund|archive|restore|import|export|convert|register|unregister|revoke|cleanup|clean_up|flush|rollback|schedule|enqueue|dispatch)/i;
const ANSWERS_BY_NAME =
  /^_?(?:get|fetch|load|read|find|search|query|lookup|list|calculate|calc|compute|measure|analy[sz]e|process|parse|scan|detect|predict|generate|extract|classify|translate|summari[sz]e|score|rank|recommend|resolve|download|request|call|run|execute|build|transform|optimi[sz]e|evaluate|estimate|evaluate|retrieve|count|infer|embed|rate|save|send|create|update|delete)(?=[A-Z_]|$)/i;
const LOOKS_FOR =
  /^_?(?:fetch|load|search|query|analy[sz]e|calculate|compute|process|parse|scan|detect|predict|generate|extract|classify|recommend|download|retrieve|infer|embed)(?=[A-Z_]|$)/i;
const JUDGES_BY_NAME =
  /^_?(?:(?:is|has|can|check|are)_?(?:valid|allowed|authori[sz]ed|authenticated|permi|verified|safe|healthy|admin|access|signature|password|token|email|input|credentials|integrity|connection|quota|limit)\w*|validate\w*|verify\w*|authenticate\w*|authori[sz]e\w*)$/i;

function isOwn({ kind, isBound, isAbstract, name }: FunctionFacts): boolean {
  return (kind === "function" || kind === "method") && !isBound && !isAbstract && name !== "";
}

function isJudge(each: FunctionFacts): boolean {
  return JUDGES_BY_NAME.test(each.name) && each.parameters.length > 0;
}

/** Functions that promise work and do none. */
export const WORK_RULES: readonly Rule[] = [
  {
    id: "theater/not-implemented",
    severity: "high",
    looksAt: "sources",
    message: "a function that is there to be called says that it is not implemented",
    fix: "Implement it, or take it out until it can be.",
    find({ functions }) {
      return functions
        .filter(({ isAbstract, isBound, kind, statements, owner }) => {
          const raised = statements.find(
            ({ kind: each, text }) => each === "raise" && NOT_IMPLEMENTED.test(text),
          );
          if (raised === undefined || isAbstract || FOR_SUBCLASSES.test(raised.text)) return false;
          // A base class in Python says in this way that others are to implement it.
          const isPythonBase = /^raise NotImplementedError/.test(raised.text) && owner !== "";
          return (
            !isPythonBase ||
            (isBound && kind === "method" && !/Base|Abstract|Interface|Mixin/.test(owner))
          );
        })
        .map((each) => found(each, "high", each.name));
    },
  },
  {
    id: "theater/empty-function",
    severity: "medium",
    looksAt: "sources",
    message: "a function with a name has nothing in it and does not say why",
    fix: "Implement it, or say in a comment inside why it does nothing.",
    find({ functions }) {
      return functions
        .filter(
          (each) =>
            isOwn(each) && deeds(each).length === 0 && !each.hasComment && !isDeliberate(each),
        )
        .map((each) => found(each, "medium", each.name));
    },
  },
  {
    id: "theater/simulated-delay",
    severity: "high",
    looksAt: "sources",
    message: "time is let pass in place of work, and the answer stands in the code",
    fix: "Do the work, or fail with an error that says that it cannot be done.",
    find({ functions, comments, calls }) {
      const staged = functions.filter((each) => {
        const statements = deeds(each);
        return (
          statements.some(({ kind }) => kind === "wait") &&
          statements.some(({ kind }) => kind !== "wait") &&
          isOnlyShow(statements) &&
          !WAITS_BY_NAME.test(each.name)
        );
      });
      const said = comments.filter(({ text }) =>
        /^(?:just |now |let'?s )?(?:simulat|pretend|mimic|fak|artificial|emulat)\w* .{0,40}\b(?:delay|latency|work|processing|time|call|request|response|operation|network)\b/i.test(
          text,
        ),
      );
      const waits = calls.filter(({ name, args }) =>
        isWait(
          name,
          args.map(({ text }) => text),
        ),
      );
      const saidWaits = waits.filter(({ line }) =>
        said.some((comment) => line - comment.line >= 0 && line - comment.line <= 2),
      );
      const inStaged = new Set(staged.map(({ line }) => line));
      return [
        ...staged.map((each) => found(each, "high", each.name)),
        ...saidWaits
          .filter(({ line }) => ![...inStaged].some((start) => line >= start && line <= start + 10))
          .map((each) => found(each, "medium")),
      ];
    },
  },
  {
    id: "theater/log-instead-of-work",
    severity: "high",
    looksAt: "sources",
    message: "a function only says that it did what its name promises",
    fix: "Do it before saying so.",
    find({ functions }) {
      return functions
        .filter((each) => {
          const statements = deeds(each);
          return (
            isOwn(each) &&
            WORKS_BY_NAME.test(each.name) &&
            !TALKS_BY_NAME.test(each.name.replace(WORKS_BY_NAME, "")) &&
            statements.some(({ kind }) => kind === "log") &&
            statements.every(({ kind }) => kind !== "wait") &&
            isOnlyShow(statements)
          );
        })
        .map((each) => found(each, "high", each.name));
    },
  },
  {
    id: "theater/hard-coded-result",
    severity: "high",
    looksAt: "sources",
    message: "the answer stands in the code, whatever is asked",
    fix: "Work the answer out from what is given, or fail with an error that says that it cannot be.",
    find({ functions }) {
      return functions.flatMap((each) => {
        const [only, ...others] = deeds(each).filter(({ kind }) => kind !== "log");
        const value = only?.kind === "return" && others.length === 0 ? only.value : undefined;
        if (value?.isConstant !== true || !isOwn(each) || isDeliberate(each) || isJudge(each))
          return [];
        const ignores = each.parameters.length > 0 && !each.usesParameters;
        if (!ignores && !(each.isAsync && each.parameters.length === 0)) return [];
        if (deeds(each).some(({ kind }) => kind === "log") && WORKS_BY_NAME.test(each.name))
          return [];
        if (isNothing(value)) {
          return ignores && LOOKS_FOR.test(each.name) ? [found(each, "medium", each.name)] : [];
        }
        return ANSWERS_BY_NAME.test(each.name) ? [found(each, "high", each.name)] : [];
      });
    },
  },
  {
    id: "theater/check-that-always-passes",
    severity: "high",
    looksAt: "sources",
    message: "a check looks at nothing that it is given and always passes",
    fix: "Check what the name promises, or take the check out, so that nobody relies on it.",
    find({ functions }) {
      return functions
        .filter((each) => {
          const answers = deeds(each).filter(({ kind }) => kind === "return");
          return (
            isOwn(each) &&
            isJudge(each) &&
            !each.usesParameters &&
            answers.length > 0 &&
            answers.every(({ value }) => tellsSuccess(value)) &&
            deeds(each).every(({ kind }) => kind === "return" || kind === "log")
          );
        })
        .map((each) => found(each, "high", each.name));
    },
  },
];

function isWait(name: string, args: readonly string[]): boolean {
  return /(?:^|\.|::)(?:[sS]leep|delay|wait|pause|setTimeout)$/.test(name) && args.length > 0;
}
