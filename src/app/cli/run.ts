import type { Documents, Job, JobResult } from "../../jobs/define.ts";
import { JOBS } from "../../jobs/index.ts";
import { gateText } from "../../report/terminal.ts";
import { documentsOf, jobContext, packageVersion } from "./context.ts";
import { errorText, statusOf } from "./errors.ts";
import { type Host, usesColour, widthOf } from "./host.ts";
import { checkTargets, jsonText, writeTarget } from "./outputs.ts";
import { render } from "./print.ts";
import { parseCommandLine, type Request } from "./program.ts";
import { progressBar } from "./progress.ts";

type Run = Extract<Request, { kind: "run" }>;

/** One command line from arguments to exit status. Never throws. */
export async function runCommandLine(
  argv: readonly string[],
  host: Host,
  jobs: readonly Job[] = JOBS,
): Promise<number> {
  try {
    const version = packageVersion();
    const request = parseCommandLine(argv, jobs, { version, width: widthOf(host.stdout) });
    if (request.kind === "text") {
      host.stdout.write(request.text);
      return 0;
    }
    if (request.kind === "schema") {
      const { resultJsonSchema } = await import("../../jobs/schema.ts");
      host.stdout.write(`${JSON.stringify(resultJsonSchema(request.job.name), null, 2)}\n`);
      return 0;
    }
    const documents = documentsOf(request.targets);
    const result = await runRequest(request, host, version, documents);
    await print(request, result, documents, host);
    return tellGates(result, host);
  } catch (error) {
    host.stderr.write(errorText(error, host.env.ISOMETER_DEBUG === "1"));
    return statusOf(error, host.signal.aborted);
  }
}

async function runRequest(
  request: Run,
  host: Host,
  version: string,
  documents: Documents,
): Promise<JobResult> {
  const { job, targets } = request;
  const [{ checkInputs }, { checkOptions }] = await Promise.all([
    import("../../jobs/arguments.ts"),
    import("../../jobs/validate.ts"),
  ]);
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
    return await job.run(jobContext(watch, version, documents, tell), inputs, options);
  } finally {
    bar.stop();
  }
}

/** Files that the run itself will write, by the name of their option. */
function writtenFiles({ options: specs }: Job, options: Readonly<Record<string, unknown>>) {
  const written = Object.entries(options).filter(
    ([name, value]) => specs[name]?.writes && value !== undefined,
  );
  return Object.fromEntries(written) as Record<string, string>;
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
