import type { Logger } from "pino";
import { type BusAddress, openBus } from "../../../bus/connection.ts";
import { decodeMessage, encodeMessage } from "../../../bus/messages.ts";
import { answer } from "../../../bus/requests.ts";
import { type Scaled, scaleRequest } from "../../../bus/supervisor-messages.ts";
import { toErrorRecord } from "../../../core/errors.ts";
import { openSubjects } from "../../../core/subjects.ts";
import { supervisorIdOf } from "./supervisor-id.ts";

export interface ScaleServiceOptions {
  readonly address: BusAddress;
  readonly directory: string;
  readonly logger: Logger;
  readonly scale: (agents: number, drainMs: number) => Promise<Omit<Scaled, "v">>;
}

/** Takes orders to run more or fewer agents, one after the other. */
export async function openScaleService(options: ScaleServiceOptions): Promise<AsyncDisposable> {
  const { address, directory, logger, scale } = options;
  const connection = await openBus(address, { name: "supervisor-scale" });
  const subject = openSubjects().supervisorScale(await supervisorIdOf(directory));
  let former: Promise<unknown> = Promise.resolve();
  connection.subscribe(subject, {
    callback: (failure, message) => {
      if (failure !== null) return;
      former = former.then(async () => {
        try {
          const { agents, drainMs } = decodeMessage(scaleRequest, message.data);
          answer(message, encodeMessage({ v: 1, ...(await scale(agents, drainMs)) }));
        } catch (error) {
          logger.warn({ event: "swarm.unscaled", err: error });
          answer(message, encodeMessage({ error: toErrorRecord(error) }));
        }
      });
    },
  });
  await connection.flush();
  return { [Symbol.asyncDispose]: () => connection.close() };
}
