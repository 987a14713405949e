import type { StoreAuditResult } from "../report/index.ts";
import type { JobContext } from "./define.ts";

const PAGE = "html";

/** What a run leaves for the page: the day. The rest is in the result. */
interface Evidence {
  readonly date: string;
}

/** Leaves what the page of a store shows beside the result. */
export function leaveStorePage({ documents }: JobContext): void {
  if (documents?.wanted.has(PAGE)) documents.evidence.set(PAGE, { date: documents.date } satisfies Evidence);
}

/** The page of the audit of a store. */
export async function writeStorePage(result: StoreAuditResult, evidence: unknown): Promise<string> {
  const { storeAuditPage } = await import("../report/html/index.ts");
  return storeAuditPage(result, { date: (evidence as Evidence | undefined)?.date ?? null });
}
