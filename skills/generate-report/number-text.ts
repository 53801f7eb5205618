const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const SMALL = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

/** A number for people: `1,234.5`, `0.00123`, `1.5e+21`; a dash where there is none. */
export function numberText(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-6)) return value.toPrecision(3);
  return (size !== 0 && size < 1 ? SMALL : WHOLE).format(value);
}

/** One form for all numbers of a chart, where there is little room: `1.5M` when they are large. */
export function shortForm(values: readonly number[]): (value: number) => string {
  const largest = values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
  return largest >= 1e4 && largest < 1e15 ? (value) => COMPACT.format(value) : numberText;
}
