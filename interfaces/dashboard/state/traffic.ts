/** What a page is told of the messages of a swarm, some times a second. */
export interface TrafficFrame {
  /** As they report themselves, by name. */
  readonly agents: readonly AgentView[];
  /** All messages since the page's server began to listen. */
  readonly links: readonly LinkView[];
  /** Those since the last frame. */
  readonly moved: readonly Moved[];
}

export interface AgentView {
  readonly id: string;
  readonly status: "serving" | "draining" | "gone";
  readonly busy: number;
  readonly slots: number;
  /** Of its last sign of life, epoch milliseconds. */
  readonly heardMs: number;
}

export interface LinkView {
  readonly from: string;
  readonly to: string;
  readonly messages: number;
}

export type MessageKind = "task" | "result" | "finding" | "heartbeat";

export interface Moved {
  readonly from: string;
  readonly to: string;
  readonly kind: MessageKind;
  readonly count: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** How far the outermost agents stand from the middle, in pixels. */
const LEAST_RADIUS = 170;
/** Between neighbours on a ring. */
const STEP = 74;
const MOST_ON_RING = 48;

/**
 * Where everybody stands: the coordinator in the middle, agents around it, on several rings when they are many. `size` is the width
 * and height of it all. Pure.
 */
export function placesOf(
  agents: readonly string[],
  coordinator: string,
): { readonly places: ReadonlyMap<string, Place>; readonly size: number } {
  const rings = Math.max(1, Math.ceil(agents.length / MOST_ON_RING));
  const perRing = Math.ceil(agents.length / rings);
  const inner = Math.max(LEAST_RADIUS, (perRing * STEP) / (2 * Math.PI) / 1.2);
  const radiusOf = (ring: number): number => inner + ring * 64;
  const size = 2 * (radiusOf(rings - 1) + 70);
  const places = new Map<string, Place>([[coordinator, { x: size / 2, y: size / 2 }]]);
  for (const [at, id] of agents.entries()) {
    const ring = at % rings;
    const angle = (2 * Math.PI * at) / Math.max(1, agents.length) - Math.PI / 2;
    const radius = radiusOf(ring);
    places.set(id, {
      x: size / 2 + radius * Math.cos(angle),
      y: size / 2 + radius * Math.sin(angle),
    });
  }
  return { places, size };
}

export const COORDINATOR = "coordinator";

/** What a message is, by its subject; undefined for one that is not shown. Pure. */
export function movedBy(subject: string): Omit<Moved, "count"> | undefined {
  const [, area, first = "", second = "", kind = ""] = subject.split(".");
  if (area === "agent" && second === "task") return { from: COORDINATOR, to: first, kind: "task" };
  if (area === "agent" && second === "heartbeat")
    return { from: first, to: COORDINATOR, kind: "heartbeat" };
  if (area === "result") return { from: second, to: COORDINATOR, kind: "result" };
  if (area !== "peer") return undefined;
  const known = kind === "task" || kind === "result" ? kind : "finding";
  return { from: first, to: second, kind: known };
}
