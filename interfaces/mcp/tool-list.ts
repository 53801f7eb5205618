import { SwarmError } from "../../core/errors.ts";
import type { Tool } from "./tool.ts";
import { cascadeList, cascadePlan, cascadeRun, cascadeValidate } from "./tools/cascade-tools.ts";
import { memoryTool } from "./tools/memory-tool.ts";
import { runApprove, runCancel, runList, runLogs, runRerun, runStatus } from "./tools/run-tools.ts";
import { skillList } from "./tools/skill-tools.ts";

/** Every tool that is listed, in the order in which clients show them. */
export const TOOLS: readonly Tool[] = [
  ...[cascadeList, cascadeValidate, cascadePlan, cascadeRun],
  ...[runList, runStatus, runLogs, runCancel, runApprove, runRerun],
  ...[skillList, memoryTool],
];

export function refusalOf(name: string): SwarmError | undefined {
  return name.startsWith("daa_") ? new SwarmError("not-supported", name) : undefined;
}
