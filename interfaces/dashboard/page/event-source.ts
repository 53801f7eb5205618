import { useEffect, useRef, useState } from "preact/hooks";

export type StreamState = "connecting" | "live" | "broken" | "ended";

const AGAIN_MS = 2_000;

/**
 * Listens to a stream of the server. The browser connects again by itself and names the last event that it has.
 * @param take called with each batch; answers true when nothing more will come
 */
export function useStream<Entry>(
  path: string | undefined,
  take: (batch: readonly Entry[]) => boolean,
): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    if (path === undefined) return;
    setState("connecting");
    let source: EventSource;
    let timer: number | undefined;
    const open = (): void => {
      source = new EventSource(path);
      source.onopen = () => setState("live");
      source.onerror = () => {
        setState("broken");
        // After a refusal the browser does not try again by itself.
        if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN_MS);
      };
      source.onmessage = (message: MessageEvent<string>) => {
        if (!latest.current(JSON.parse(message.data) as readonly Entry[])) return;
        source.close();
        setState("ended");
      };
    };
    open();
    return () => {
      window.clearTimeout(timer);
      source.close();
    };
  }, [path]);
  return state;
}

/** Goes up when something happens to any run, at most twice a second: what is shown of many runs is asked for again. */
export function useNews(): number {
  const [version, setVersion] = useState(0);
  const timer = useRef<number | undefined>(undefined);
  useStream<object>("/api/activity", () => {
    timer.current ??= window.setTimeout(() => {
      timer.current = undefined;
      setVersion((before) => before + 1);
    }, 500);
    return false;
  });
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return version;
}

/** Wall time, told again every second while `runs`. */
export function useNow(runs: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!runs) return;
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, [runs]);
  return now;
}
