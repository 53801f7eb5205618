import type { Clock } from "../core/clock.ts";

/** Many timers behind one: a binary heap on the monotonic clock. Callbacks run at or after their time. */
export interface Deadlines {
  /** The answer takes the deadline back. */
  set(delayMs: number, callback: () => void): () => void;
  close(): void;
}

interface Entry {
  readonly atMs: number;
  callback: (() => void) | undefined;
}

export function openDeadlines(clock: Clock): Deadlines {
  const heap: Entry[] = [];
  let cancelTimer: (() => void) | undefined;
  let armedFor = Number.POSITIVE_INFINITY;

  function arm(): void {
    const next = heap[0];
    if (next === undefined || next.atMs >= armedFor) return;
    cancelTimer?.();
    armedFor = next.atMs;
    cancelTimer = clock.schedule(Math.max(0, next.atMs - clock.monotonicMs()), fire);
  }

  function fire(): void {
    armedFor = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonicMs();
    for (let next = heap[0]; next !== undefined && next.atMs <= nowMs; next = heap[0]) {
      pop(heap);
      next.callback?.();
    }
    arm();
  }

  return {
    set(delayMs, callback) {
      const entry: Entry = { atMs: clock.monotonicMs() + delayMs, callback };
      push(heap, entry);
      arm();
      return () => {
        entry.callback = undefined; // it stays in the heap until its time: taking it out would cost a search
      };
    },
    close() {
      cancelTimer?.();
      heap.length = 0;
    },
  };
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(heap[index], heap[parent])) return;
    swap(heap, index, parent);
    index = parent;
  }
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let index = 0; ; ) {
    const left = 2 * index + 1;
    const smaller = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
    if (!isBefore(heap[smaller], heap[index])) return;
    swap(heap, index, smaller);
    index = smaller;
  }
}

function isBefore(a: Entry | undefined, b: Entry | undefined): boolean {
  return a !== undefined && (b === undefined || a.atMs < b.atMs);
}

function swap(heap: Entry[], a: number, b: number): void {
  const first = heap[a];
  const second = heap[b];
  if (first === undefined || second === undefined) return;
  heap[a] = second;
  heap[b] = first;
}
