import type { ModelRequest, ModelWish, SkillModels } from "../core/model.ts";

/** Models for a task: what the stage says holds for every request that does not say it itself. */
export function modelsFor(models: SkillModels, wish: ModelWish = {}): SkillModels {
  const withWish = (request: ModelRequest): ModelRequest => ({ ...wish, ...request });
  return {
    generate: (request) => models.generate(withWish(request)),
    choose: (request) => models.choose(withWish(request)),
  };
}
