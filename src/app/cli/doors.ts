import { GROUPS, imageMode, vector } from "../../jobs/common.ts";
import {
  choice,
  flag,
  type InputSpecs,
  integer,
  type Job,
  type OptionSpecs,
  text,
} from "../../jobs/define.ts";
import { STRAIGHT_METRICS } from "../../spaces/explore/metrics.ts";
import type { Host } from "./host.ts";

/** A command that answers until it is stopped, and so has no result. */
export interface Door extends Pick<Job, "name" | "about" | "details" | "examples"> {
  readonly inputs: InputSpecs;
  readonly options: OptionSpecs;
  /** Opens it; settles when it is closed. */
  open(
    host: Host,
    inputs: Readonly<Record<string, unknown>>,
    options: Readonly<Record<string, unknown>>,
  ): Promise<void>;
}

const FOLDER = { folder: { about: "the one folder that is read and written" } };

const LISTENING = {
  port: integer({
    group: GROUPS.method,
    about: "port to listen on; 0 for any that is free",
    min: 0,
    max: 65_535,
    default: 5055,
  }),
  autoPort: flag({ group: GROUPS.method, about: "take the next free port where this one is taken" }),
  host: text({
    group: GROUPS.method,
    about: "address to listen on; what others can reach needs --token",
    placeholder: "ADDRESS",
    otherwise: "127.0.0.1, this machine alone",
  }),
  token: text({ group: GROUPS.method, about: "what clients have to know", placeholder: "SECRET" }),
};

const explore: Door = {
  name: "explore",
  about: "see a map with its distortion, in a browser, on this machine",
  details: [
    "Of files, the first is the data and the others are latents of the same rows. Of a project (made by init) its original, first latents and labels are shown; options go before what it says. " +
      "Of another folder the page asks what to show.",
    "It shows who the true neighbours of a point are and who only seems near, " +
      "which regions can be trusted, and runs every job. Nothing but the folder of the files is read, and no request leaves the machine. Ctrl-C stops it.",
  ],
  inputs: {
    paths: {
      about: "a project or a folder; or the data, and one to three latents of the same rows",
      several: true,
    },
  },
  options: {
    ...LISTENING,
    noBrowser: flag({ group: GROUPS.method, about: "only show the address" }),
    labels: text({
      group: GROUPS.data,
      about: "labels of the rows: a file, or a column of the data",
      placeholder: "FILE|COLUMN",
    }),
    id: text({ group: GROUPS.data, about: "column that holds ids", placeholder: "COLUMN" }),
    vector,
    latentVector: {
      ...vector,
      about: "the same for the latents, where its name differs",
      otherwise: "as --vector",
    },
    metric: choice({
      group: GROUPS.measure,
      about: "distance in the data",
      placeholder: "NAME",
      choices: STRAIGHT_METRICS,
      otherwise: "euclidean",
    }),
    latentMetric: choice({
      group: GROUPS.measure,
      about: "distance in the latents",
      placeholder: "NAME",
      choices: STRAIGHT_METRICS,
      otherwise: "euclidean",
    }),
    imageSize: text({
      group: GROUPS.data,
      about: "rows are pictures of this size",
      placeholder: "HEIGHTxWIDTH",
    }),
    imageMode: choice({
      group: GROUPS.data,
      about: imageMode.about,
      placeholder: "MODE",
      choices: ["grey", "colour"],
      otherwise: "grey",
    }),
  },
  examples: [
    {
      command: "isometer explore vectors.npy umap.npy --labels labels.npy",
      about: "where does this picture lie?",
    },
    { command: "isometer explore project/", about: "what a project is about" },
  ],
  open: async (host, inputs, options) =>
    (await import("./serve.ts")).explore(host, inputs as never, options as never),
};

const serve: Door = {
  name: "serve",
  about: "the same jobs over HTTP and MCP, on this machine",
  details: [
    "Every job is POST /api/jobs/NAME; /reference lists them, /api/openapi.json describes them, /mcp is the door for agents. Files are named by their path below FOLDER; nothing else can be " +
      "read or written. Jobs run one after the other, each in a process of its own. Ctrl-C stops all.",
  ],
  inputs: FOLDER,
  options: LISTENING,
  examples: [{ command: "isometer serve project/", about: "audits for every program on this machine" }],
  open: async (host, inputs, options) =>
    (await import("./serve.ts")).serve(host, inputs as never, options as never),
};

const mcp: Door = {
  name: "mcp",
  about: "the same jobs for an agent, over standard input and output (MCP)",
  details: [
    "For the settings of an agent that starts its servers itself. Every job is a tool. Files are named by their path below FOLDER; nothing else can be read or written.",
  ],
  inputs: FOLDER,
  options: {},
  examples: [{ command: "isometer mcp project/", about: "as the command of an MCP server" }],
  open: async (host, inputs) => (await import("./serve.ts")).mcp(host, inputs as never),
};

/** Every command that is not a job, in the order of help. */
export const DOORS: readonly Door[] = [explore, serve, mcp];
