export function distances(edges, start) {
  const steps = new Map([[start, 0]]);
  const waiting = [start];
  while (waiting.length > 0) {
    const node = waiting.shift();
    for (const next of edges[node] ?? []) {
      if (steps.has(next)) continue;
      steps.set(next, steps.get(node) + 1);
      waiting.push(next);
    }
  }
  return Object.fromEntries(steps);
}

export function hasCycle(edges) {
  const done = new Set();
  const visit = (node, way) => {
    if (way.includes(node)) return true;
    if (done.has(node)) return false;
    done.add(node);
    return (edges[node] ?? []).some((next) => visit(next, [...way, node]));
  };
  return Object.keys(edges).some((node) => visit(node, []));
}

export function degrees(edges) {
  const counts = {};
  for (const [node, nexts] of Object.entries(edges)) {
    counts[node] = (counts[node] ?? 0) + nexts.length;
    for (const next of nexts) counts[next] = (counts[next] ?? 0) + 1;
  }
  return counts;
}
