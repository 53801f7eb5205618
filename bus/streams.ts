import {
  DiscardPolicy,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import type { Subjects } from "../core/subjects.ts";

const DAY_MS = 86_400_000;
const MIB = 1_048_576;

export interface StreamOptions {
  /** Copies of each message: 1 on one server, 3 on a cluster. Never 2. */
  readonly replicas?: number;
}

/** Makes the streams that are missing; those that are there stay as they are. */
export async function ensureStreams(
  connection: NatsConnection,
  subjects: Subjects,
  options: StreamOptions = {},
): Promise<void> {
  const manager = await connection.jetstreamManager();
  const replicas = options.replicas ?? 1;
  await Promise.all(
    streamConfigs(subjects).map((config) =>
      ensureStream(manager, { ...config, num_replicas: replicas }),
    ),
  );
}

function streamConfigs(subjects: Subjects): Partial<StreamConfig>[] {
  const file = { storage: StorageType.File };
  return [
    {
      ...file,
      name: subjects.streams.jobs,
      subjects: [...subjects.allJobs],
      retention: RetentionPolicy.Workqueue,
      // A full intake refuses new jobs at once; it never drops an accepted one.
      discard: DiscardPolicy.New,
      max_bytes: 1_024 * MIB,
    },
    { ...file, name: subjects.streams.log, subjects: [subjects.allLogs], allow_direct: true },
    {
      ...file,
      name: subjects.streams.history,
      subjects: [subjects.allHistory],
      allow_direct: true,
      max_age: nanos(30 * DAY_MS),
    },
    {
      ...file,
      name: subjects.streams.inbox,
      subjects: [subjects.allInboxes],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: 1_024 * MIB,
    },
    {
      ...file,
      name: subjects.streams.dead,
      subjects: [subjects.allDead],
      max_age: nanos(30 * DAY_MS),
    },
  ];
}

const STREAM_NAME_IN_USE = 10_058;

async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig>,
): Promise<void> {
  try {
    await manager.streams.add(config);
  } catch (error) {
    // Another version of this program may have made it with other settings: those stay.
    if (!(error instanceof NatsError) || error.api_error?.err_code !== STREAM_NAME_IN_USE)
      throw error;
  }
}
