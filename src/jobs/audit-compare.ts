import type { Warning } from "../base/index.ts";
import { deepFreeze } from "../base/index.ts";
import {
  type AuditResult,
  type Compared,
  type ComparisonResult,
  entrantsOf,
  ranking,
} from "../report/index.ts";
import { AUDIT_OPTIONS, type AuditValues } from "./audit-options.ts";
import { auditEach } from "./audit-run.ts";
import type { JobContext } from "./define.ts";
import { nextOfSeveral } from "./next.ts";
import type { AuditInputs } from "./read-inputs.ts";
import { secondsSince } from "./result.ts";

/** Measures latents against their original: an audit of one, a ranked comparison of several. */
export async function auditFiles(
  ctx: JobContext,
  inputs: AuditInputs,
  options: AuditValues,
): Promise<AuditResult | ComparisonResult> {
  const started = ctx.clock();
  const audits = await auditEach(ctx, inputs, options);
  if (audits.length === 1) return deepFreeze(audits[0]!.audit);
  return deepFreeze(compared(audits, { inputs, options, seconds: secondsSince(ctx.clock, started) }));
}

/** One result of the audits of several latents. */
function compared(
  audits: readonly Compared[],
  {
    inputs,
    options,
    seconds,
  }: { readonly inputs: AuditInputs; readonly options: AuditValues; readonly seconds: number },
): ComparisonResult {
  const { isometer, engine, rows, labels, ...first } = audits[0]!.audit;
  const { baseline: _, ...shared } = first.options;
  const places = ranking(entrantsOf(audits));
  const baselines = new Set(audits.flatMap(({ audit }) => audit.options.baseline ?? []));
  return {
    schema: "isometer/comparison/1",
    job: "audit",
    isometer,
    engine,
    inputs: [first.inputs[0]!, ...audits.map(({ audit }) => audit.inputs[1]!)],
    rows,
    options: { ...shared, baselines: [...baselines] },
    labels,
    audits,
    ranking: places,
    warnings: eachOnce(audits.flatMap(({ audit }) => audit.warnings)),
    gates: audits.flatMap(({ name, audit }) => audit.gates.map((gate) => ({ latent: name, ...gate }))),
    next: nextOfSeveral({
      audits,
      ranking: places,
      job: { name: "audit", options: AUDIT_OPTIONS },
      inputs,
      options: { ...options },
    }),
    seconds,
  };
}

function eachOnce(warnings: readonly Warning[]): Warning[] {
  return [...new Map(warnings.map((warning) => [warning.message, warning])).values()];
}
