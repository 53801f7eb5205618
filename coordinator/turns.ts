/** Something that gathers work during a turn and carries it out at its end. */
export interface TurnMember {
  flush(): void;
}

/**
 * A turn is everything that happens in one synchronous stretch, such as all messages of one network read.
 * At its end the dispatcher places tasks, then each shard that was touched appends all its new events at once.
 */
export class Turns {
  readonly #touched = new Set<TurnMember>();
  readonly #schedule: () => void;
  #pending = false;

  constructor(schedule: () => void) {
    this.#schedule = schedule;
  }

  touch(member: TurnMember): void {
    this.#touched.add(member);
    this.request();
  }

  /** Ends the turn, though no shard was touched: room for waiting tasks may have come up. */
  request(): void {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => this.#end());
  }

  #end(): void {
    this.#schedule();
    this.#pending = false;
    const members = [...this.#touched];
    this.#touched.clear();
    for (const member of members) member.flush();
  }
}
