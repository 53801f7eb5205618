import { formatLocation } from "../core/errors.ts";
import type { InputSpec } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { allowsSandboxState, allowsStageOutputs } from "./cascade-settings.ts";
import { type OpenedCascade, openCascade } from "./cascade-source.ts";
import { Findings } from "./findings.ts";
import { Names } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import type { Source } from "./parse.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { CascadeSyntax } from "./schema.ts";
import { StageCompiler } from "./stage-compiler.ts";

/** Where cascades are found that others use. */
export interface CascadeSources {
  /** @throws SwarmError when there is such a file and it cannot be read */
  find(name: string): Source | undefined;
  names(): readonly string[];
}

export const NO_CASCADES: CascadeSources = { find: () => undefined, names: () => [] };

/** A cascade that a stage uses, ready to be expanded. */
export interface SubCascade {
  readonly cascade: CascadeSyntax;
  readonly inputs: readonly InputSpec[];
  readonly names: Names;
  readonly compiler: StageCompiler;
  readonly reporter: Reporter;
  readonly subCascades: SubCascades;
  /** To be called when it is expanded: reports what is wrong in its file. */
  close(): void;
}

/** Opens the cascades that stages of one cascade use. */
export class SubCascades {
  readonly #sources: CascadeSources;
  readonly #catalog: SkillCatalog;
  readonly #builder: PlanBuilder;
  /** The cascades we are inside of, the outermost first. */
  readonly #around: readonly string[];

  constructor(parts: {
    readonly sources: CascadeSources;
    readonly catalog: SkillCatalog;
    readonly builder: PlanBuilder;
    readonly around: readonly string[];
  }) {
    this.#sources = parts.sources;
    this.#catalog = parts.catalog;
    this.#builder = parts.builder;
    this.#around = parts.around;
  }

  /** @returns undefined when it cannot be used, which was reported at the place of its name */
  open(
    name: string,
    at: { readonly path: Path; readonly reporter: Reporter; readonly inputsStage: number },
  ): SubCascade | undefined {
    if (this.#around.includes(name)) {
      const cycle = [...this.#around.slice(this.#around.indexOf(name)), name].join(" → ");
      at.reporter.report("invalid-cascade", `cascades use each other: ${cycle}`, at.path);
      return undefined;
    }
    const source = this.#sources.find(name);
    if (source === undefined) {
      const message = `no cascade is called ${JSON.stringify(name)}`;
      at.reporter.report("unknown-cascade", message, at.path, () =>
        didYouMean(name, this.#sources.names()),
      );
      return undefined;
    }
    const findings = new Findings();
    const opened = openCascade(source, findings);
    if (opened === undefined) {
      reportInner(name, findings, at);
      return undefined;
    }
    return this.#prepare(name, opened, { ...at, findings });
  }

  #prepare(
    name: string,
    { cascade, inputs, reporter, stageIds }: OpenedCascade,
    at: {
      readonly path: Path;
      readonly reporter: Reporter;
      readonly inputsStage: number;
      readonly findings: Findings;
    },
  ): SubCascade {
    const names = new Names(inputs, this.#builder.graph, stageIds, {
      inputsStage: at.inputsStage,
      allowsOutputs: allowsStageOutputs(cascade),
      allowsSandboxState: allowsSandboxState(cascade),
      ...this.#builder.listed(cascade, reporter),
    });
    return {
      cascade,
      inputs,
      names,
      reporter,
      compiler: new StageCompiler({
        catalog: this.#catalog,
        names,
        reporter,
        stages: this.#builder.stages,
      }),
      subCascades: new SubCascades({
        sources: this.#sources,
        catalog: this.#catalog,
        builder: this.#builder,
        around: [...this.#around, name],
      }),
      close: () => {
        if (!at.findings.isEmpty) reportInner(name, at.findings, at);
      },
    };
  }
}

/** What is wrong in another file is said at the place where it is used; that file's own check says all of it. */
function reportInner(
  name: string,
  findings: Findings,
  at: { readonly path: Path; readonly reporter: Reporter },
): void {
  const [first, ...others] = findings.list();
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const place = formatLocation(first.location);
  const message = `the cascade "${name}" is not valid: ${place} ${first.message}${more}`;
  at.reporter.report(first.code, message, at.path, first.hint);
}
