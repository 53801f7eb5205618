import type { Path, Reporter } from "./reporter.ts";
import type { CascadeSyntax, StageSyntax } from "./schema.ts";

type Written = NonNullable<CascadeSyntax["notify"]>;
type Notification = Exclude<Written, readonly unknown[]>;

/** When somebody is told. */
export type Occasion = "success" | "failure";

/** One word to somebody, as a stage that nothing waits for. */
export interface NotifyingStage {
  readonly id: string;
  readonly syntax: StageSyntax;
  readonly path: Path;
}

/** A word that is late helps nobody, and a run must not wait long for its end. */
const TIMEOUT = "30s";
const RETRIES = 2;

export interface NotifyOrder {
  readonly written: Written;
  readonly path: Path;
  /** Begins the ids of the stages. */
  readonly id: string;
  readonly occasion: Occasion;
  /** What `when` asks: `stages["a"].status` or `run.status`. */
  readonly status: string;
  /** What has ended, in words. */
  readonly text: string;
}

/** The stages that `notify` of a stage, or of a cascade, stands for on one occasion. */
export function notifyingStages(order: NotifyOrder, reporter: Reporter): readonly NotifyingStage[] {
  const { written, path, occasion } = order;
  const isList = Array.isArray(written);
  const list = isList ? (written as readonly Notification[]) : [written as Notification];
  return list.flatMap((notification, index): NotifyingStage[] => {
    const { on = "always", run, http, inputs } = notification;
    const place = isList ? [...path, index] : path;
    if ((run === undefined) === (http === undefined)) {
      // Said once, though a notification may stand for two stages.
      if (occasion === "success") {
        const message = "a notification has either `http` or `run`";
        reporter.report("invalid-cascade", message, place);
      }
      return [];
    }
    if (on !== "always" && on !== occasion) return [];
    const number = list.length === 1 ? "" : `-${index + 1}`;
    const ended = occasion === "success" ? "succeeded" : "failed";
    const syntax: StageSyntax = {
      ...(run === undefined ? {} : { run }),
      ...(http === undefined ? {} : { http: withDefaults(http, order) }),
      ...(inputs === undefined ? {} : { inputs }),
      when: `${order.status} == "${ended}"`,
      continue_on_error: true,
      timeout: TIMEOUT,
      error_handling: { strategy: "retry", max_retries: RETRIES },
    };
    return [{ id: `${order.id}-${occasion}${number}`, syntax, path: place }];
  });
}

/** Without a body it says what has ended how; `text` is what chat services show. */
function withDefaults(
  http: NonNullable<Notification["http"]>,
  { text, status }: { readonly text: string; readonly status: string },
): NonNullable<StageSyntax["http"]> {
  const method = http.method ?? "POST";
  if (http.body !== undefined || method === "GET" || method === "HEAD") return { ...http, method };
  const body = {
    text: `${text}: \${${status}}`,
    cascade: "${run.cascade}",
    run: "${run.id}",
    status: `\${${status}}`,
  };
  return { ...http, method, body };
}
