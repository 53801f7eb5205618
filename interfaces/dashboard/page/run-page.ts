import { useMemo, useReducer, useRef } from "preact/hooks";
import type { Json } from "../../../core/json.ts";
import type { PlacedGraph } from "../state/graph.ts";
import type { PlanView } from "../state/plan-view.ts";
import type { RunPageEvent } from "../state/run-event.ts";
import { RunFold } from "../state/run-fold.ts";
import { useAnswer } from "./api.ts";
import { useStream } from "./event-source.ts";
import { EventsView } from "./events-view.ts";
import { FailureCard } from "./failure-card.ts";
import { GraphView } from "./graph-view.ts";
import { html } from "./html.ts";
import { go } from "./navigation.ts";
import { RunHead } from "./run-head.ts";
import { StageDrawer } from "./stage-drawer.ts";
import { StageTable } from "./stage-table.ts";
import { Loading, Problem } from "./states.ts";
import { TimelineView } from "./timeline-view.ts";
import { useTitle } from "./title.ts";

export interface RunAnswer {
  readonly run: string;
  readonly plan: PlanView;
  readonly graph: PlacedGraph;
  readonly inputs: Json;
}

const VIEWS = [
  { view: "runs", name: "Graph" },
  { view: "timeline", name: "Timeline" },
  { view: "events", name: "Events" },
] as const;
export type RunView = (typeof VIEWS)[number]["view"];

interface Shown {
  readonly view: RunView;
  readonly stage: string | undefined;
}

/** One run as it goes on: its graph, its stages, its time, and what went wrong. */
export function RunPage({ run, ...shown }: Shown & { readonly run: string }) {
  useTitle(`Run ${run}`);
  const loaded = useAnswer<RunAnswer>(`/api/runs/${encodeURIComponent(run)}`);
  if (loaded.status === "loading") return html`<h1>Run</h1><${Loading} what="the run" />`;
  if (loaded.status === "failed")
    return html`<h1>Run</h1><${Problem} error=${loaded.error} /><p><a href="/runs">All runs</a></p>`;
  return html`<${LiveRun} about=${loaded.answer} ...${shown} />`;
}

const OUTCOMES: ReadonlySet<string> = new Set(["run.succeeded", "run.failed", "run.cancelled"]);
/** Older ones are let go; the terminal has them all. */
const KEPT_EVENTS = 5_000;

function LiveRun({ about, view, stage }: Shown & { readonly about: RunAnswer }) {
  const { run, plan } = about;
  const fold = useMemo(() => new RunFold(plan.stages.map(({ id }) => id)), [plan]);
  const events = useRef<RunPageEvent[]>([]);
  const [, redraw] = useReducer((count: number, _: undefined) => count + 1, 0);
  const opener = useRef<Element | null>(null);
  const stream = useStream<RunPageEvent>(`/api/runs/${run}/events`, (batch) => {
    events.current.push(...batch.filter(({ n }) => n > fold.n));
    events.current.splice(0, Math.max(0, events.current.length - KEPT_EVENTS));
    for (const event of batch) fold.apply(event);
    redraw(undefined);
    return batch.some(({ type }) => OUTCOMES.has(type));
  });
  const select = (id: string): void => {
    opener.current = document.activeElement;
    go(`/runs/${run}/${id}`);
  };
  const close = (): void => {
    go(`/runs/${run}`);
    if (opener.current instanceof HTMLElement || opener.current instanceof SVGElement)
      opener.current.focus();
  };
  const chosen = plan.stages.find(({ id }) => id === stage);
  return html`<${RunHead} about=${about} fold=${fold} stream=${stream} />
    <${FailureCard} run=${run} fold=${fold} select=${select} />
    <nav class="tabs" aria-label="Views of the run">
      ${VIEWS.map(({ view: to, name }) => html`<a href="/${to}/${run}" aria-current=${view === to ? "page" : undefined}>${name}</a>`)}
    </nav>
    ${view === "timeline" ? html`<${TimelineView} fold=${fold} select=${select} />` : null}
    ${view === "events" ? html`<${EventsView} events=${events.current} />` : null}
    ${
      view !== "runs"
        ? null
        : html`<div class=${chosen === undefined ? "run" : "run with-drawer"}>
      <div class="run-main">
        <${GraphView} graph=${about.graph} stages=${plan.stages} fold=${fold} chosen=${stage} select=${select} />
        <${StageTable} stages=${plan.stages} fold=${fold} chosen=${stage} select=${select} />
      </div>
      ${chosen === undefined ? null : html`<${StageDrawer} key=${chosen.id} about=${about} stage=${chosen} fold=${fold} close=${close} />`}
    </div>`
    }`;
}
