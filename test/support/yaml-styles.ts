import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { Document, isCollection, isMap, isNode, isScalar, Scalar, visit } from "yaml";
import { parseYaml } from "../../language/parse.ts";

/** The same data as it may be written by many hands. */
export interface StyledYaml {
  readonly text: string;
  readonly data: unknown;
}

const TYPES = [
  Scalar.PLAIN,
  Scalar.QUOTE_SINGLE,
  Scalar.QUOTE_DOUBLE,
  Scalar.BLOCK_LITERAL,
  Scalar.BLOCK_FOLDED,
] as const;

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const shown = fc.oneof(
  name,
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    "a: b",
    "# no comment",
    "yes",
    "1.10",
    " ",
    "- x",
    "${item.files}",
    "two\nlines\n",
    "  led\n\nby",
  ),
  fc.lorem({ maxCount: 40 }),
);
const plain = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(
      shown,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3 }),
  ),
})).value;

const stage = fc.record(
  {
    stage: name,
    description: shown,
    skills: fc.array(
      fc.oneof(name, fc.record({ skill: name, inputs: fc.dictionary(name, plain) })),
      { maxLength: 3 },
    ),
    inputs: fc.dictionary(name, plain, { maxKeys: 4 }),
    needs: fc.array(name, { maxLength: 3 }),
  },
  { requiredKeys: ["stage"] },
);
const cascade = fc.record({
  cascade: fc.record({
    name,
    version: fc.oneof(shown, fc.double({ noNaN: true, noDefaultInfinity: true })),
    inputs: fc.array(fc.record({ name, default: plain }), { maxLength: 3 }),
    stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
  }),
});

const layout = fc.record({
  indent: fc.integer({ min: 1, max: 6 }),
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 40, 80),
  flowCollectionPadding: fc.boolean(),
});

/** Cascades in any style that the library writes, with comments and empty lines. */
export const styledCascade: fc.Arbitrary<StyledYaml> = fc
  .tuple(cascade, layout, fc.array(fc.nat(1_000), { minLength: 5, maxLength: 60 }))
  .map(([given, options, choices]) => {
    const data: unknown = JSON.parse(JSON.stringify(given));
    const document = new Document(data);
    dress(document, choices);
    return { text: document.toString(options), data };
  })
  // Not everything that the library writes does it read.
  .filter(({ text, data }) => {
    const parsed = parseYaml({ text, file: "c.yaml" });
    return parsed.ok && isDeepStrictEqual(parsed.data, data);
  });

function dress(document: Document, choices: readonly number[]): void {
  let taken = 0;
  const choose = (of: number): number => (choices[taken++ % choices.length] ?? 0) % of;
  const inFlow = new Set<unknown>();
  visit(document, {
    Node(key, node, path) {
      const parent = path.findLast(isCollection);
      if (inFlow.has(parent)) inFlow.add(node);
      if (isScalar(node)) {
        const type = TYPES[choose(key === "key" ? 3 : TYPES.length)];
        if (typeof node.value === "string" && type !== undefined) node.type = type;
      } else if (isCollection(node)) {
        if (choose(3) === 0) inFlow.add(node);
        node.flow = inFlow.has(node);
      }
      if (!isNode(node) || inFlow.has(node) || inFlow.has(parent) || isMap(node)) return;
      if (choose(5) === 0 && isScalar(node) && key !== "key") node.comment = ` beside ${taken}`;
      if (choose(6) === 0) node.commentBefore = ` before ${taken}\n\n and ${taken}`;
      if (choose(6) === 0) node.spaceBefore = true;
    },
  });
}
