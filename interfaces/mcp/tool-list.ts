import { agentList, agentMetrics, agentSpawn } from "./ruv-swarm/agent-tools.ts";
import {
  daaAgentCreate,
  daaLearningStatus,
  daaPerformanceMetrics,
  daaWorkflowCreate,
  daaWorkflowExecute,
} from "./ruv-swarm/daa-tools.ts";
import { benchmarkRun, featuresDetect, memoryUsage } from "./ruv-swarm/measure-tools.ts";
import { neuralPatterns, neuralStatus, neuralTrain } from "./ruv-swarm/neural-tools.ts";
import { swarmInit, swarmMonitor, swarmStatus } from "./ruv-swarm/swarm-tools.ts";
import { taskOrchestrate, taskResults, taskStatus } from "./ruv-swarm/task-tools.ts";
import type { Tool } from "./tool.ts";
import { cascadeList, cascadePlan, cascadeRun, cascadeValidate } from "./tools/cascade-tools.ts";
import { memoryTool } from "./tools/memory-tool.ts";
import {
  runApprove,
  runCancel,
  runList,
  runLogs,
  runPause,
  runRerun,
  runResume,
  runStatus,
} from "./tools/run-tools.ts";
import { skillList } from "./tools/skill-tools.ts";

/** Every tool that is listed, in the order in which clients show them: ours, then those with the names of ruv-swarm. */
export const TOOLS: readonly Tool[] = [
  ...[cascadeList, cascadeValidate, cascadePlan, cascadeRun],
  ...[runList, runStatus, runLogs, runCancel, runPause, runResume, runApprove, runRerun],
  ...[skillList, memoryTool],
  ...[swarmInit, swarmStatus, swarmMonitor, agentSpawn, agentList, agentMetrics],
  ...[taskOrchestrate, taskStatus, taskResults],
  ...[benchmarkRun, featuresDetect, memoryUsage, neuralStatus, neuralTrain, neuralPatterns],
  ...[daaAgentCreate, daaWorkflowCreate, daaWorkflowExecute],
  ...[daaLearningStatus, daaPerformanceMetrics],
];
