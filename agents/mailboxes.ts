import { LIMITS } from "../core/limits.ts";
import type { PeerNote } from "../core/peers.ts";

/** The notes that came for each stage: the latest ones, of the stages that had some last. */
export class Mailboxes {
  readonly #boxes = new Map<string, PeerNote[]>();

  keep(run: string, stage: string, note: PeerNote): void {
    const key = `${run}/${stage}`;
    const box = this.#boxes.get(key) ?? [];
    this.#boxes.delete(key); // those that had a note last are at the end
    this.#boxes.set(key, box);
    box.push(note);
    if (box.length > LIMITS.peerNotesPerStage) box.shift();
    const [oldest] = this.#boxes.keys();
    if (this.#boxes.size > LIMITS.peerMailboxes && oldest !== undefined) this.#boxes.delete(oldest);
  }

  of(run: string, stage: string, topic: string): readonly PeerNote[] {
    return (this.#boxes.get(`${run}/${stage}`) ?? []).filter((note) => note.topic === topic);
  }
}
