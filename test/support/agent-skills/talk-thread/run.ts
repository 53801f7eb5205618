import { run as talk } from "../talk/run.ts";

export const run = talk;
