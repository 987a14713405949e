import type { Documents, Job, JobResult, Lines } from "../../jobs/define.ts";
import { JOBS } from "../../jobs/index.ts";
import { gateText } from "../../report/terminal.ts";
import { documentsOf, jobContext, packageVersion } from "./context.ts";
import { DOORS, type Door } from "./doors.ts";
import { errorText, statusOf } from "./errors.ts";
import { type Host, usesColour, widthOf } from "./host.ts";
import { linesOf } from "./lines.ts";
import { checkTargets, jsonText, writeTarget, writtenFiles } from "./outputs.ts";
import { render } from "./print.ts";
import { parseCommandLine, type Request } from "./program.ts";
import { progressBar } from "./progress.ts";

type Run = Extract<Request, { kind: "run" }>;

/** One command line from arguments to exit status. Never throws. */
export async function runCommandLine(
  argv: readonly string[],
  host: Host,
  jobs: readonly Job[] = JOBS,
  doors: readonly Door[] = DOORS,
): Promise<number> {
  try {
    const version = packageVersion();
    const request = parseCommandLine(argv, jobs, { version, width: widthOf(host.stdout) }, doors);
    if (request.kind === "text") {
      host.stdout.write(request.text);
      return 0;
    }
    if (request.kind === "schema") {
      const { resultJsonSchema } = await import("../../jobs/schema.ts");
      host.stdout.write(`${JSON.stringify(resultJsonSchema(request.job.name), null, 2)}\n`);
      return 0;
    }
    if (request.kind === "open") {
      await openDoor(request, host);
      return 0;
    }
    const documents = documentsOf(request.targets);
    const lines = linesOf(host);
    const result = await runRequest(request, host, version, documents, lines);
    // Where lines were read, standard output is that of their answers.
    await print(request, result, documents, lines?.isOpen() ? { ...host, stdout: host.stderr } : host);
    return tellGates(result, host);
  } catch (error) {
    host.stderr.write(errorText(error, host.env.ISOMETER_DEBUG === "1"));
    return statusOf(error, host.signal.aborted);
  }
}

async function openDoor(
  { door, inputs, options }: Extract<Request, { kind: "open" }>,
  host: Host,
): Promise<void> {
  const [{ checkInputs }, { checkOptions }] = await checks();
  const values = checkOptions(door.options, options);
  await door.open(host, checkInputs(door, inputs, values), values);
}

/** Loaded when something is to be checked: help needs none of it. */
const checks = () => Promise.all([import("../../jobs/arguments.ts"), import("../../jobs/validate.ts")]);

async function runRequest(
  request: Run,
  host: Host,
  version: string,
  documents: Documents,
  lines: Lines | undefined,
): Promise<JobResult> {
  const { job, targets } = request;
  const [{ checkInputs }, { checkOptions }] = await checks();
  const options = checkOptions(job.options, request.options);
  const inputs = checkInputs(job, request.inputs, options);
  await checkTargets({ ...targets, ...writtenFiles(job, options) }, request.inputs);
  const bar = await progressBar(host);
  const { onProgress } = bar;
  const watch = onProgress ? { onProgress, signal: host.signal } : { signal: host.signal };
  const tell = (text: string) => {
    bar.clear();
    host.stderr.write(`isometer: ${text}\n`);
  };
  try {
    return await job.run(jobContext(watch, version, documents, tell, lines), inputs, options);
  } finally {
    bar.stop();
  }
}

/** The report on stdout and other texts in files; or one of these alone on stdout. */
async function print(
  { job, targets }: Run,
  result: JobResult,
  { evidence }: Documents,
  host: Host,
): Promise<void> {
  const { stdout, stderr, env } = host;
  const textOf = async (name: string) =>
    name === "json" ? jsonText(result) : job.documents![name]!.write(result, evidence.get(name));
  const alone = Object.keys(targets).find((name) => targets[name] === "-");
  if (alone) stdout.write(await textOf(alone));
  else stdout.write(render(job.report(result, { width: widthOf(stdout) }), usesColour(stdout, env)));
  for (const [name, target] of Object.entries(targets)) {
    if (target === "-") continue;
    await writeTarget(name, target, await textOf(name));
    stderr.write(`isometer: wrote ${target}\n`);
  }
  for (const warning of result.warnings) {
    if (warning.code === "engine-fallback") stderr.write(`isometer: warning: ${warning.message}\n`);
  }
}

/** A line per failed gate; exit status 3 when there is one. */
function tellGates(result: JobResult, { stderr }: Host): number {
  const failed = (result.gates ?? []).filter((gate) => !gate.passed);
  for (const gate of failed) stderr.write(`isometer: gate failed: ${gateText(gate)}\n`);
  return failed.length > 0 ? 3 : 0;
}
