import { useState } from "preact/hooks";
import type { OfferedCascade, OfferedInput } from "../state/offered-cascade.ts";
import { type ApiError, ask, useAnswer } from "./api.ts";
import { html } from "./html.ts";
import { go } from "./navigation.ts";
import { Loading, Problem } from "./states.ts";

/** Chosen when there is no other choice yet. */
const MAIN = "code-quality-swarm";

/** A cascade, its inputs, what a run of it would do, and the start. */
export function StartForm() {
  const loaded = useAnswer<{ readonly cascades: readonly OfferedCascade[] }>("/api/cascades");
  const [name, setName] = useState<string | undefined>(undefined);
  if (loaded.status === "loading") return html`<${Loading} what="cascades" />`;
  if (loaded.status === "failed") return html`<${Problem} error=${loaded.error} />`;
  const { cascades } = loaded.answer;
  const chosen =
    cascades.find((each) => each.name === (name ?? MAIN)) ??
    cascades.find(({ problem }) => problem === undefined) ??
    cascades[0];
  if (chosen === undefined)
    return html`<p class="quiet">No cascade is registered. <code>npm run cascade -- init</code> writes a first one.</p>`;
  return html`<div class="card">
    <label>Cascade
      <select value=${chosen.name} onChange=${(event: Event) => setName((event.target as HTMLSelectElement).value)}>
        ${cascades.map((each) => html`<option value=${each.name} selected=${each.name === chosen.name}>${each.name}${each.problem === undefined ? "" : " (cannot be run)"}</option>`)}
      </select>
    </label>
    ${chosen.description === undefined ? null : html`<p>${chosen.description}</p>`}
    ${chosen.problem === undefined ? html`<${InputsForm} key=${chosen.name} cascade=${chosen} />` : html`<pre class="problem" tabindex="0">${chosen.problem}</pre>`}
  </div>`;
}

function InputsForm({ cascade }: { readonly cascade: OfferedCascade }) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [plan, setPlan] = useState<string | undefined>(undefined);
  const [problem, setProblem] = useState<ApiError | undefined>(undefined);
  const [isAsking, setAsking] = useState(false);
  const body = {
    cascade: cascade.name,
    inputs: Object.entries(values).flatMap(([name, text]) =>
      text === "" ? [] : [`${name}=${text}`],
    ),
  };
  const act = async (work: () => Promise<void>): Promise<void> => {
    setAsking(true);
    setProblem(undefined);
    await work().catch((error: ApiError) => setProblem(error));
    setAsking(false);
  };
  const start = (event: Event): void => {
    event.preventDefault();
    void act(async () => go(`/runs/${(await ask<{ run: string }>("/api/runs", body)).run}`));
  };
  const preview = () =>
    act(async () => setPlan((await ask<{ text: string }>("/api/plan", body)).text));
  return html`<form onSubmit=${start}>
    ${cascade.inputs.map((input) => html`<${Field} key=${input.name} input=${input} value=${values[input.name] ?? ""} set=${(text: string) => setValues({ ...values, [input.name]: text })} />`)}
    <div class="actions">
      <button class="primary" disabled=${isAsking}>Start run</button>
      <button type="button" disabled=${isAsking} onClick=${() => void preview()}>Preview plan</button>
    </div>
    ${problem === undefined ? null : html`<${Problem} error=${problem} />`}
    ${plan === undefined ? null : html`<section aria-label="Plan" aria-live="polite"><pre class="plan" tabindex="0">${plan}</pre></section>`}
  </form>`;
}

interface FieldProps {
  readonly input: OfferedInput;
  readonly value: string;
  readonly set: (text: string) => void;
}

function Field({ input, value, set }: FieldProps) {
  const { name, type, isRequired, description } = input;
  const id = `input-${name}`;
  const take = (event: Event): void => set((event.target as HTMLInputElement).value);
  const props = {
    id,
    value,
    onInput: take,
    required: isRequired && input.default === undefined,
    placeholder: input.default ?? "",
    "aria-describedby": `${id}-about`,
  };
  return html`<div class="field">
    <label for=${id}>${name} <span class="quiet">${type}${props.required ? ", required" : ""}</span></label>
    ${
      type === "boolean"
        ? html`<select ...${props}><option value="">${input.default === undefined ? "left out" : `default: ${input.default}`}</option><option value="true">true</option><option value="false">false</option></select>`
        : type === "array" || type === "object" || type === "any"
          ? html`<textarea rows="2" ...${props}></textarea>`
          : html`<input ...${props} inputmode=${type === "integer" || type === "number" ? "decimal" : undefined} />`
    }
    <p class="quiet" id="${id}-about">${description ?? ""}</p>
  </div>`;
}
