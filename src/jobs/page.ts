import { IsometerError } from "../base/index.ts";
import type { Audit } from "../measure/result.ts";
import type { PageSection, RowLook } from "../report/html/index.ts";
import type { AuditResult, ComparisonResult, JudgementResult, StoreAuditResult } from "../report/index.ts";
import type { AuditValues } from "./audit-options.ts";
import { writeStorePage } from "./audit-store-page.ts";
import { type JobContext, kebab } from "./define.ts";
import type { InputsRead } from "./read-inputs.ts";
import { defined } from "./result.ts";

/** The document that is a page. */
const PAGE = "html";

/** What a run leaves for the page: its sections, and the day. */
interface PageEvidence {
  readonly sections: PageSection[];
  readonly date: string;
}

/** Whether a page was asked for. */
export function wantsPage({ documents }: JobContext): boolean {
  return documents?.wanted.has(PAGE) === true;
}

/** Refuses options that only a page obeys where there is none. @throws bad-option */
export function checkPageOptions(ctx: JobContext, options: AuditValues): void {
  if (wantsPage(ctx)) return;
  for (const name of ["text", "imageShape"] as const) {
    if (options[name] === undefined) continue;
    throw new IsometerError("bad-option", `--${kebab(name)} is shown on a page, and none was asked for`, {
      got: options[name],
      hint: "Add --html report.html, or leave it out.",
    });
  }
}

/** Adds an audit to the page: its figures, and the looks of the rows that it names. */
export async function leavePage(
  { documents }: JobContext,
  result: AuditResult,
  { picture }: Audit,
  read: InputsRead,
  name: string,
): Promise<void> {
  const { evidence, date } = documents!;
  const { shownRows } = await import("../report/html/index.ts");
  const { thumbnails } = await import("../data/index.ts");
  const { shape, bytes, texts } = read.looks;
  const rows = shownRows(result.witnesses);
  const images = shape && (await thumbnails(read.original.points, rows, shape, bytes));
  const looks = rows.map((row): [number, RowLook] => [
    row,
    defined({ image: images?.get(row), text: texts?.[row] }),
  ]);
  const sections = (evidence.get(PAGE) as PageEvidence | undefined)?.sections ?? [];
  const section: PageSection = { name, result, picture: picture ?? null, looks: new Map(looks) };
  evidence.set(PAGE, { sections: [...sections, section], date } satisfies PageEvidence);
}

/** The page of audits. Without evidence it has no figures: a run was not told of it. */
export async function writePage(
  result: AuditResult | ComparisonResult | JudgementResult | StoreAuditResult,
  evidence: unknown,
): Promise<string> {
  if (result.schema === "isometer/audit-store/1") return writeStorePage(result, evidence);
  const { auditPage } = await import("../report/html/index.ts");
  if (result.schema === "isometer/judgement/1") {
    throw new IsometerError("bad-option", "--html shows audits; judged pairs and triplets have no page yet", {
      hint: "Use --markdown, or --json.",
    });
  }
  if (!evidence && result.schema === "isometer/comparison/1") {
    const sections = result.audits.map(({ name, audit }) => ({
      name,
      result: audit,
      picture: null,
      looks: new Map(),
    }));
    return auditPage(sections, { date: null });
  }
  if (!evidence && result.schema === "isometer/audit/1")
    return auditPage([{ name: "latent", result, picture: null, looks: new Map() }], { date: null });
  const { sections, date } = evidence as PageEvidence;
  return auditPage(sections, { date });
}
