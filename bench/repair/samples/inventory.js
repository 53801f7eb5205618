export class Inventory {
  constructor(entries = []) {
    this.stock = new Map(entries);
    this.log = [];
  }

  add(item, count) {
    if (count <= 0) return false;
    this.stock.set(item, (this.stock.get(item) ?? 0) + count);
    this.log.push({ item, change: count });
    return true;
  }

  remove(item, count) {
    const held = this.stock.get(item) ?? 0;
    if (held < count) return false;
    if (held === count) this.stock.delete(item);
    else this.stock.set(item, held - count);
    this.log.push({ item, change: -count });
    return true;
  }

  total() {
    let total = 0;
    for (const count of this.stock.values()) total += count;
    return total;
  }

  low(least) {
    return [...this.stock]
      .filter(([, count]) => count < least)
      .map(([item]) => item)
      .sort();
  }
}

export function after(steps, entries) {
  const inventory = new Inventory(entries);
  const answers = steps.map(([what, item, count]) => inventory[what](item, count));
  return {
    answers,
    stock: [...inventory.stock],
    log: inventory.log,
    total: inventory.total(),
    low: inventory.low(3),
  };
}
