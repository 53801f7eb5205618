import type { SkillKind } from "../../../core/skill.ts";
import type { SkillAllowance } from "../../../core/skill-allowance.ts";

export type SkillsCommand = { readonly kind: "skills" } & (
  | { readonly action: "ls"; readonly json: boolean; readonly allowance?: SkillAllowance }
  | {
      readonly action: "show";
      readonly name: string;
      readonly json: boolean;
      readonly allowance?: SkillAllowance;
    }
  | {
      readonly action: "test";
      readonly name: string;
      readonly json: boolean;
      readonly allowance?: SkillAllowance;
    }
  | { readonly action: "new"; readonly name: string; readonly form: SkillKind }
);
