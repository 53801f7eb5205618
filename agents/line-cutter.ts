/** Cuts a stream of text into lines, without keeping more than one line in memory. */
export interface LineCutter {
  add(chunk: string): void;
  /** The last line need not have an end. */
  end(): void;
}

/** @param longest characters of a line; what is longer comes in parts */
export function openLineCutter(longest: number, onLine: (line: string) => void): LineCutter {
  let rest = "";
  return {
    add(chunk) {
      const lines = `${rest}${chunk}`.split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) inParts(line, longest, onLine);
      while (rest.length > longest) {
        onLine(rest.slice(0, longest));
        rest = rest.slice(longest);
      }
    },
    end() {
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}

function inParts(line: string, longest: number, onLine: (line: string) => void): void {
  let at = 0;
  do {
    onLine(line.slice(at, at + longest));
    at += longest;
  } while (at < line.length);
}
