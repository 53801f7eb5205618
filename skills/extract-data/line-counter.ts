const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d];

/**
 * Tells lines by byte offsets, which are asked for in rising order. The parser's own count goes wrong where a quoted
 * field holds CRLF.
 */
export class LineCounter {
  #offset = 0;
  #last = LINE_FEED;
  #breaks: number[] = [];
  #next = 0;
  #passed = 0;
  #marks = 0;
  readonly #mark: number;

  /** @param mark the byte whose number on one line is watched */
  constructor(mark: number) {
    this.#mark = mark;
  }

  /** Takes the next bytes of the file. Answers how many marks the fullest line in them has so far. */
  take(bytes: Buffer): number {
    let fullest = 0;
    for (const byte of bytes) {
      if (byte === CARRIAGE_RETURN || (byte === LINE_FEED && this.#last !== CARRIAGE_RETURN)) {
        this.#breaks.push(this.#offset);
        this.#marks = 0;
      } else if (byte === this.#mark && ++this.#marks > fullest) fullest = this.#marks;
      this.#last = byte;
      this.#offset++;
    }
    return fullest;
  }

  /** The line on which what lies before this offset ends, its line break included. */
  lineEndingAt(offset: number): number {
    while ((this.#breaks[this.#next] ?? Number.POSITIVE_INFINITY) < offset) {
      this.#next++;
      this.#passed++;
    }
    if (this.#next > 10_000) {
      this.#breaks = this.#breaks.slice(this.#next);
      this.#next = 0;
    }
    const isBroken = this.#last === LINE_FEED || this.#last === CARRIAGE_RETURN;
    return offset === this.#offset && !isBroken ? this.#passed + 1 : this.#passed;
  }
}
