/** Names for `count` more agents: the lowest free numbers. Pure. @param suffix makes them unique on a shared server */
export function newAgentNames(
  count: number,
  taken: ReadonlySet<string>,
  suffix: string,
): readonly string[] {
  const names: string[] = [];
  for (let number = 1; names.length < count; number++) {
    const name = `agent-${number}${suffix}`;
    if (!taken.has(name)) names.push(name);
  }
  return names;
}
