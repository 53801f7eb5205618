import { createLogUpdate } from "log-update";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import { advance, hear, newProgress, type Progress } from "./progress.ts";
import type { TerminalStyle } from "./terminal-line.ts";
import { renderProgress } from "./view.ts";

/** Eight pictures a second: the tenths of the clock move, and nothing flickers. */
const REDRAW_MS = 125;

export interface Screen extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
}

/** Draws the progress of a run at the bottom of a terminal until it is disposed, which takes it away again. */
export class LiveView implements Disposable {
  readonly #screen: Screen;
  readonly #style: TerminalStyle;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  #progress: Progress;
  #isOpen = true;

  constructor(screen: Screen, plan: Plan, style: TerminalStyle) {
    this.#screen = screen;
    this.#style = style;
    this.#progress = newProgress(plan);
    this.#draw = createLogUpdate(screen);
    this.#timer = setInterval(() => this.#redraw(), REDRAW_MS);
    this.#redraw();
  }

  add(event: PublishedEvent): void {
    this.#progress = advance(this.#progress, event);
  }

  hear(line: JsonObject): void {
    this.#progress = hear(this.#progress, line);
  }

  /** Text that stays, above the view. */
  print(text: string): void {
    if (!this.#isOpen) {
      this.#screen.write(`${text}\n`);
      return;
    }
    this.#draw.clear();
    this.#screen.write(`${text}\n`);
    this.#redraw();
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#draw.clear();
    this.#draw.done(); // shows the cursor
  }

  #redraw(): void {
    const { columns = 80, rows = 24 } = this.#screen;
    const lines = renderProgress(
      this.#progress,
      { columns, rows },
      { nowMs: Date.now(), style: this.#style },
    );
    // log-update takes an empty line at the end of the former picture for one that is still there.
    this.#draw(lines.map((line) => line || " ").join("\n"));
  }
}
