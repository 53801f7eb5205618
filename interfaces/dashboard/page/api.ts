import { useEffect, useState } from "preact/hooks";

/** What the server says when it refuses, in words for a person. */
export class ApiError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export async function ask<Answer>(
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Answer> {
  const asked = body === undefined ? {} : postOf(body);
  let response: Response;
  try {
    response = await fetch(path, { ...asked, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(
      "no-answer",
      "The dashboard does not answer.",
      "Is its command still running?",
    );
  }
  const answer = (await response.json()) as Answer & {
    code: string;
    message: string;
    hint?: string;
  };
  if (!response.ok) throw new ApiError(answer.code, answer.message, answer.hint);
  return answer;
}

function postOf(body: object): RequestInit {
  const headers = { "content-type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

export type Loaded<Answer> =
  | { readonly status: "loading" }
  | { readonly status: "failed"; readonly error: ApiError }
  | { readonly status: "loaded"; readonly answer: Answer };

/** Asks for `path`, and again whenever `version` changes; what was loaded stays until then. */
export function useAnswer<Answer>(path: string, version = 0): Loaded<Answer> {
  const [loaded, setLoaded] = useState<Loaded<Answer> & { path?: string }>({ status: "loading" });
  useEffect(() => {
    const leave = new AbortController();
    ask<Answer>(path, undefined, leave.signal).then(
      (answer) => setLoaded({ status: "loaded", answer, path }),
      (error: unknown) => {
        if (leave.signal.aborted) return;
        const told = error instanceof ApiError ? error : new ApiError("internal", String(error));
        setLoaded({ status: "failed", error: told, path });
      },
    );
    return () => leave.abort();
  }, [path, version]);
  return loaded.path === path ? loaded : { status: "loading" };
}
