import { locateBubblewrap } from "../../agents/sandbox/locate.ts";

/** Found or fetched as an agent does it; undefined, and why, where none can be had. */
export async function testBubblewrap(): Promise<
  { readonly binary: string } | { readonly binary: undefined; readonly why: string }
> {
  try {
    const signal = AbortSignal.timeout(120_000);
    return await locateBubblewrap({ env: process.env, progress: () => {}, signal });
  } catch (error) {
    return { binary: undefined, why: (error as Error).message };
  }
}
