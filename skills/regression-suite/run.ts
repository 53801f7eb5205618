import { run as regressionTests } from "../regression-tests/run.ts";

/** Another name of `regression-tests`. */
export const run = regressionTests;
