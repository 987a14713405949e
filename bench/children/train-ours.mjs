/** Isometer: one training, so many steps of it at each run, as users get them between two looks. Arguments: SETTING RUNS. */

import { readFileSync } from "node:fs";
import { serve } from "./serve.mjs";
import { openSetting } from "./train-settings.mjs";

const [name, runs] = process.argv.slice(2);
const { run, epochs } = await openSetting(name, Number(runs));
const { state } = run.prepared;
const steps = run.steps(state, {
  every: epochs,
  patience: null,
  look: async () => ({ score: 0, shown: {} }),
});

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => steps.next(),
  finish: () => ({
    "loss, first epoch": state.epochs[0].terms.loss,
    "loss, first run": state.epochs[epochs - 1].terms.loss,
    "loss, last epoch": state.epochs.at(-1).terms.loss,
  }),
});
