/** An agent of the floor: accepts every offer and answers with the results of a tick in one confirmed request. */
import { connect } from "nats";

const [, , url = "", user = "", pass = "", id = ""] = process.argv;
const connection = await connect({ servers: url, user, pass, noAsyncTraces: true });
const output = "x".repeat(180);
let results: object[] = [];

function flush(): void {
  const batch = JSON.stringify(results);
  results = [];
  connection.request(`floor.result.${id}`, batch, { timeout: 10_000 }).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
  });
}

connection.subscribe(`floor.task.${id}`, {
  callback: (_, message) => {
    const tasks = message.json<{ run: string; stage: number }[]>();
    message.respond("ok");
    for (const task of tasks) {
      if (results.push({ ...task, output }) === 1) setImmediate(flush);
    }
  },
});
await connection.flush();
process.send?.("ready");
