import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          // No test is timed; this only ends one that hangs, on a machine that does other things too.
          testTimeout: 30_000,
          include: [
            "test/*.test.ts",
            "test/{agents,core,language,machines,topology,skills,bus,store,models,coordinator,cli,mcp,dashboard}/**/*.test.ts",
          ],
          // They start the real program, which takes its time.
          exclude: ["test/**/*.process.test.ts"],
        },
      },
      {
        test: {
          name: "integration",
          include: [
            "test/{contract,integration,sandbox}/**/*.test.ts",
            "test/**/*.process.test.ts",
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Each has a browser and a swarm of its own.
          maxWorkers: 1,
        },
      },
    ],
  },
});
