import { AuditTable } from "../panels/score-table.tsx";
import type { SavedAudit } from "./saved.ts";
import { SavedCurve } from "./saved-curve.tsx";

/** The scores as the explorer shows them: the table, the curve of neighbourhoods, and what was warned of. */
export function SavedScores({ audit, warnings }: SavedAudit) {
  const { sizes, rnx } = audit.scores.aucLogRnx ?? { sizes: [], rnx: [] };
  return (
    <section aria-labelledby="scores">
      <h2 id="scores">Scores</h2>
      <AuditTable name="" audit={audit} />
      {sizes.length > 1 && (
        <>
          <h3>Neighbourhoods kept, by their size</h3>
          <SavedCurve sizes={sizes} shares={rnx} />
        </>
      )}
      {warnings.map((message) => (
        <p key={message} class="note">
          {message}
        </p>
      ))}
    </section>
  );
}
