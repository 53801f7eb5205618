import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { type ErrorRecord, formatLocation, SwarmError, toErrorRecord } from "../../core/errors.ts";
import type { Scrubber } from "../../core/scrub.ts";
import type { ToolContext } from "./tool-context.ts";

export type ServerSurroundings = Omit<ToolContext, "signal" | "progress"> & {
  readonly version: string;
  readonly scrubber: Scrubber;
  /** What went wrong without being the caller's fault. */
  readonly onDefect: (error: unknown) => void;
};

const INSTRUCTIONS = `Runs cascades: declarative workflows that a swarm of real processes carries out, in the directory where this server was started.
cascade_list says what can be run, cascade_plan what a run would do, cascade_run starts one and answers its run id, run_status and run_logs follow it.
The swarm_*, agent_*, task_* tools have the names and parameters of ruv-swarm and act on that same swarm. A run's id is its task id.`;

/** What the requests need that come after the first one: loading it takes longer than everything before. */
const offers = {
  tools: () => import("./tool-list.ts"),
  prompts: () => import("./prompts.ts"),
  resources: () => import("./resources.ts"),
};

/** The tools, prompts and resources for one connection. */
export function openMcpServer(surroundings: ServerSurroundings): Server {
  const server = new Server(
    { name: "cascade-swarm", title: "Cascade", version: surroundings.version },
    {
      capabilities: { tools: {}, prompts: {}, resources: {} },
      instructions: INSTRUCTIONS,
      cacheHints: { "tools/list": { ttlMs: 3_600_000, cacheScope: "public" } },
    },
  );
  server.oninitialized = () => void offers.tools();
  server.setRequestHandler("tools/list", async () => ({
    tools: (await offers.tools()).TOOLS.map((tool) => tool.listed),
  }));
  server.setRequestHandler("tools/call", ({ params }, call) =>
    callTool(params.name, params.arguments, surroundings, call),
  );
  servePrompts(server, surroundings);
  serveResources(server, surroundings);
  return server;
}

async function callTool(
  name: string,
  input: unknown,
  surroundings: ServerSurroundings,
  call: ServerContext,
): Promise<CallToolResult> {
  const { scrubber, onDefect } = surroundings;
  const { TOOLS } = await offers.tools();
  const tool = TOOLS.find((each) => each.name === name);
  if (tool === undefined) {
    const { refusalOf } = await import("./ruv-swarm/daa-tools.ts");
    const refusal = refusalOf(name);
    if (refusal !== undefined) return failed(refusal, scrubber);
    const shown = JSON.stringify(name).slice(0, 80);
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `there is no tool ${shown}`);
  }
  try {
    const { data, text } = await tool.call(input, contextOf(surroundings, call));
    const json = scrubber.scrub(JSON.stringify(data));
    return {
      content: [{ type: "text", text: text === undefined ? json : scrubber.scrub(text) }],
      structuredContent: JSON.parse(json) as Record<string, unknown>,
    };
  } catch (error) {
    const isTakenBack = call.mcpReq.signal.aborted;
    if (!(error instanceof SwarmError) && !isTakenBack && !isLate(error)) onDefect(error);
    return failed(error, scrubber);
  }
}

function servePrompts(server: Server, surroundings: ServerSurroundings): void {
  server.setRequestHandler("prompts/list", async () => {
    const { listPrompts } = await offers.prompts();
    return { prompts: await listPrompts(surroundings) };
  });
  server.setRequestHandler("prompts/get", async ({ params }) => {
    const { promptOf } = await offers.prompts();
    return asProtocolError(() => promptOf(params.name, params.arguments ?? {}, surroundings));
  });
}

function serveResources(server: Server, surroundings: ServerSurroundings): void {
  server.setRequestHandler("resources/list", async () => {
    const { listResources } = await offers.resources();
    return { resources: await listResources(surroundings) };
  });
  server.setRequestHandler("resources/templates/list", async () => {
    const { RESOURCE_TEMPLATES } = await offers.resources();
    return { resourceTemplates: [...RESOURCE_TEMPLATES] };
  });
  server.setRequestHandler("resources/read", async ({ params }, { mcpReq }) => {
    const { readResource } = await offers.resources();
    return asProtocolError(() => readResource(params.uri, surroundings, mcpReq.signal));
  });
}

function contextOf(surroundings: ServerSurroundings, { mcpReq }: ServerContext): ToolContext {
  const { progressToken } = mcpReq._meta ?? {};
  return {
    ...surroundings,
    signal: mcpReq.signal,
    progress(done, total, message) {
      if (progressToken === undefined) return;
      const params = { progressToken, progress: done, message };
      mcpReq
        .notify({
          method: "notifications/progress",
          params: total === undefined ? params : { ...params, total },
        })
        .catch(() => {}); // the connection is gone: the call is aborted, too
    },
  };
}

/** A failed call: the stable code, what happened, and what to do about it. */
function failed(error: unknown, scrubber: Scrubber): CallToolResult {
  const { code, message, hint, location } = recordOf(error);
  const place = formatLocation(location);
  const lines = [`${code}${place === "" ? "" : ` at ${place}`}: ${message}`, hint ?? ""];
  const record = { code, message, ...(hint === undefined ? {} : { hint }) };
  return {
    isError: true,
    content: [{ type: "text", text: scrubber.scrub(lines.join("\n").trimEnd()) }],
    structuredContent: { error: JSON.parse(scrubber.scrub(JSON.stringify(record))) as object },
  };
}

function recordOf(error: unknown): ErrorRecord {
  if (error instanceof SwarmError) return toErrorRecord(error);
  if (isLate(error)) {
    const message = "the swarm did not answer in time";
    return { code: "coordinator-unavailable", message, disposition: "retry" };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", message, disposition: "fail" };
}

/** An `AbortSignal.timeout` has ended a question to the swarm. */
function isLate(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** Prompts and resources have no results that are errors: theirs are the protocol's, with our code in front. */
async function asProtocolError<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const { code, message, hint } = error;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${code}: ${message}`, { code, hint });
  }
}
