import type { Offer } from "../../../bus/messages.ts";

/** An agent, and the tasks that it was given and that have no outcome. */
export interface Holder {
  readonly agent: string;
  readonly tasks: readonly number[];
}

/** Who was given which task last, read from the offers that are sent. */
export class Holders {
  readonly #given = new Map<number, { readonly agent: string; readonly order: number }>();
  #order = 0;

  /** An offer of a coordinator. Whoever is full hands it on or refuses it; the next offer of the task says more. */
  offered(agent: string, { tasks }: Offer): void {
    for (const { index } of tasks) this.#given.set(index, { agent, order: this.#order++ });
  }

  ended(index: number): void {
    this.#given.delete(index);
  }

  /** The one with most tasks; of several, the one that was given its last task last. */
  most(): Holder | undefined {
    const byAgent = Map.groupBy(this.#given, ([, { agent }]) => agent);
    const holders = [...byAgent].map(([agent, given]) => ({
      agent,
      tasks: given.map(([index]) => index),
      order: Math.max(...given.map(([, { order }]) => order)),
    }));
    const [first] = holders.sort((a, b) => b.tasks.length - a.tasks.length || b.order - a.order);
    return first === undefined ? undefined : { agent: first.agent, tasks: first.tasks };
  }
}
