export function lowerBound(values, wanted) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function has(values, wanted) {
  const place = lowerBound(values, wanted);
  return place < values.length && values[place] === wanted;
}

export function countBetween(values, from, to) {
  return lowerBound(values, to) - lowerBound(values, from);
}

export function insert(values, value) {
  const place = lowerBound(values, value);
  return [...values.slice(0, place), value, ...values.slice(place)];
}
