const TIERS = [
  { from: 100, discount: 0.2 },
  { from: 50, discount: 0.1 },
  { from: 10, discount: 0.05 },
];

export function discountFor(quantity) {
  const tier = TIERS.find(({ from }) => quantity >= from);
  return tier === undefined ? 0 : tier.discount;
}

export function lineTotal(line) {
  const gross = line.price * line.quantity;
  return gross - gross * discountFor(line.quantity);
}

export function shipping(total, options = {}) {
  const limit = options.freeFrom ?? 200;
  if (total === 0) return 0;
  if (total >= limit && !options.express) return 0;
  return options.express ? 25 : 8;
}

export function orderTotal(lines, options) {
  const goods = lines.reduce((sum, line) => sum + lineTotal(line), 0);
  return goods + shipping(goods, options);
}
