export function merge(intervals) {
  const sorted = [...intervals].sort((a, b) => a[0] - b[0]);
  const merged = [];
  for (const [start, end] of sorted) {
    const last = merged[merged.length - 1];
    if (last !== undefined && start <= last[1]) {
      last[1] = Math.max(last[1], end);
    } else {
      merged.push([start, end]);
    }
  }
  return merged;
}

export function overlaps(first, second) {
  return first[0] < second[1] && second[0] < first[1];
}

export function lengthOf(intervals) {
  let total = 0;
  for (const [start, end] of merge(intervals)) {
    total += end - start;
  }
  return total;
}
