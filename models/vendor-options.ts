import type { Clock } from "../core/clock.ts";

/** How a vendor is reached. */
export interface VendorOptions {
  readonly apiKey: string;
  /** Absent: the vendor's own. */
  readonly baseUrl?: string | undefined;
  readonly clock: Clock;
  /** Longest silence within one call. */
  readonly idleMs: number;
}
