import { found, type Rule } from "../rule.ts";

const MEASURED =
  /(?:score|confidence|accuracy|precision|quality|cpu|memory|usage|latency|throughput|progress|health|success_?rate|hit_?rate|error_?rate|coverage|efficiency|performance|probability|similarity|sentiment|prediction|metric|rating|utili[sz]ation|temperature|response_?time|load_?avg|active_?users)/i;
const CHANCE =
  /seed|jitter|sampl|random|noise|delay|backoff|shuffle|initial|weight|mutation|threshold|spawn|particle|dice|player|game/i;
const SIMULATIONS =
  /(?:^|[/_.-])(?:simulat\w*|games?|monte_?-?carlo|fuzz\w*|bench\w*|seeds?|examples?|demos?|samples?|stor(?:y|ies)|fixtures?)(?=[/_.-])/i;
const PLACEHOLDER =
  /lorem ipsum|\b(?:mock|dummy|fake|sample|stub|simulated|placeholder)(?:ed|bed)?[ _-](?:data|response|result|output|value|user|content|text|answer|token)s?\b|\bcoming soon\b|\bnot (?:yet )?implemented\b|\b(?:john|jane) doe\b|\bfoo ?bar\b|\byour[_ -](?:api[_ -]?key|code|text)[_ -]here\b|\bplaceholder\b/i;

/** Answers that nothing was measured or worked out for. */
export const RESULT_RULES: readonly Rule[] = [
  {
    id: "theater/random-result",
    severity: "high",
    looksAt: "sources",
    message: "a number that looks measured comes from chance",
    fix: "Measure it, or answer that it is not known.",
    find({ file, assignments, functions }) {
      if (SIMULATIONS.test(file)) return [];
      const lastName = (name: string): string =>
        /[\w$]+$/.exec(name.replace(/["'\])]+$/, ""))?.[0] ?? "";
      const named = assignments.filter(
        ({ name, value }) =>
          value.isRandom &&
          MEASURED.test(lastName(name)) &&
          !CHANCE.test(lastName(name)) &&
          !isStructure(value.text),
      );
      const answered = functions.filter(
        ({ name, statements }) =>
          /^_?(?:get|compute|calculate|measure|estimate|predict|score|evaluate|analy[sz]e)/i.test(
            name,
          ) &&
          MEASURED.test(name) &&
          !CHANCE.test(name) &&
          statements.some(
            ({ kind, value }) =>
              kind === "return" && value?.isRandom === true && !isStructure(value.text),
          ),
      );
      return [
        ...named.map((each) => found(each, "high", lastName(each.name))),
        ...answered.map((each) => found(each, "high", each.name)),
      ];
    },
  },
  {
    id: "theater/placeholder-result",
    severity: "medium",
    looksAt: "sources",
    message: "what is answered is filler text",
    fix: "Answer what was asked for, or fail with an error.",
    find({ file, functions }) {
      if (SIMULATIONS.test(file)) return [];
      return functions
        .filter(({ statements }) =>
          statements.some(
            ({ kind, value }) =>
              kind === "return" &&
              value?.isConstant === true &&
              PLACEHOLDER.test(quoted(value.text)),
          ),
        )
        .map((each) => found(each, "medium", each.name));
    },
  },
];

/** The chance inside a list, an object or a function is that of its own parts. */
function isStructure(text: string): boolean {
  return /^(?:[{[]|async\b|function\b|lambda\b|\(?[\w$, ]*\)?\s*=>|&?\w*\{)/.test(text.trim());
}

/** The texts in a value. */
function quoted(text: string): string {
  return [...text.matchAll(/(["'`])((?:(?!\1)[^\\]|\\.)*)\1/gs)]
    .map(([, , inner]) => inner)
    .join("\n");
}
