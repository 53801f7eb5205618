import type { APIError } from "openai";
import { ModelError } from "./model-error.ts";
import { retryAfterOf, transportError, vendorError } from "./vendor-fault.ts";
import type { VendorOptions } from "./vendor-options.ts";

/** What the OpenAI SDK threw, told by class. */
export function openAiFailure(
  { APIError, APIConnectionError }: typeof import("openai"),
  error: unknown,
  { who, options }: { readonly who: string; readonly options: Pick<VendorOptions, "clock"> },
): unknown {
  if (error instanceof ModelError) return error;
  if (!(error instanceof APIError) || error instanceof APIConnectionError) {
    return transportError(who, error);
  }
  const { status, code, type, message, headers } = error as APIError;
  const fault = {
    status,
    names: [code, type],
    message,
    retryAfterMs: retryAfterOf(headers, options.clock.wallMs()),
  };
  return vendorError(who, fault, error);
}
