import type { SearchLooks } from "../report/html/index.ts";
import type { SearchHit, SearchResult } from "../report/index.ts";
import type { JobContext } from "./define.ts";
import { wantsPage } from "./page.ts";

const PAGE = "html";

/** Leaves what the page shows beside the result: the hits that were left out, by query. */
export function leaveSearchPage(ctx: JobContext, withheld: readonly (readonly SearchHit[])[]): void {
  if (!wantsPage(ctx)) return;
  const { evidence, date } = ctx.documents!;
  evidence.set(PAGE, { withheld, date } satisfies SearchLooks);
}

/** The page of a search. Without evidence it does not list what was left out: a run was not told of it. */
export async function writeSearchPage(result: SearchResult, evidence: unknown): Promise<string> {
  const { searchPage } = await import("../report/html/index.ts");
  return searchPage(result, (evidence as SearchLooks | undefined) ?? { withheld: [], date: null });
}
