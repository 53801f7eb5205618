import type { Json } from "../core/json.ts";
import type { Steps } from "../core/steps.ts";

/** Steps that last as long as the attempt: within it nothing is done twice. */
export function openSteps(): Steps {
  const recorded = new Map<string, Json>();
  return {
    async once<T extends Json>(name: string, work: () => Promise<T>): Promise<T> {
      const earlier = recorded.get(name);
      if (earlier !== undefined) return earlier as T;
      const result = await work();
      recorded.set(name, result);
      return result;
    },
  };
}
