/** Ends the process with one line for the person who started it. */
export function fail(text, exitCode) {
  process.stderr.write(`error: ${text}\n`);
  process.exit(exitCode);
}

/** The cascade and its inputs; a value that is JSON means that, any other is text. */
export function readPairs([cascade, ...pairs]) {
  const wrong = pairs.find((pair) => pair.indexOf("=") < 1);
  if (cascade === undefined || cascade.includes("=") || wrong !== undefined) {
    fail(`${wrong ?? "no cascade"}: expected npm run job -- <cascade> [key=value ...]`, 2);
  }
  const inputs = pairs.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), jsonOrText(pair.slice(at + 1))];
  });
  return [cascade, Object.fromEntries(inputs)];
}

function jsonOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
