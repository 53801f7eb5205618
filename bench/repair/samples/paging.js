export function pageCount(total, size) {
  return Math.ceil(total / size);
}

export function page(items, number, size) {
  const start = (number - 1) * size;
  return items.slice(start, start + size);
}

export function pagesAround(current, last, reach) {
  const from = Math.max(1, current - reach);
  const to = Math.min(last, current + reach);
  const pages = [];
  for (let number = from; number <= to; number++) pages.push(number);
  return pages;
}

export function chunk(items, size) {
  const chunks = [];
  for (let start = 0; start < items.length; start += size) {
    chunks.push(items.slice(start, start + size));
  }
  return chunks;
}

export function rangeText(number, size, total) {
  if (total === 0) return "none";
  const first = (number - 1) * size + 1;
  const last = Math.min(number * size, total);
  return first === last ? `${first} of ${total}` : `${first}-${last} of ${total}`;
}
