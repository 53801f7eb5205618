import { nkeys } from "nats";

/** The secret half of a fresh key; whoever holds it is who it names. */
export function newSeed(): string {
  return new TextDecoder().decode(nkeys.createUser().getSeed());
}

/** The public half, which servers know. */
export function nkeyOf(seed: string): string {
  return nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
}
