import { run as remember } from "../remember/run.ts";

export const run = remember;
