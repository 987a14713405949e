import type { Score } from "../../../measure/result.ts";
import type { AuditResult } from "../../../report/result.ts";
import { JUDGED_NAMES, lessIsBetter, SCORE_NAMES } from "../../../report/rules.ts";

interface AuditTableProps {
  readonly name: string;
  readonly audit: Pick<AuditResult, "scores" | "rows">;
}

/** The scores of a latent, those that judge it first. */
export function AuditTable({ name, audit }: AuditTableProps) {
  const scores = audit.scores as Readonly<Record<string, Score | undefined>>;
  const row = (of: string) => scores[of] && <ScoreRow key={of} name={of} score={scores[of]} />;
  const others = SCORE_NAMES.filter((of) => scores[of] && !(JUDGED_NAMES as readonly string[]).includes(of));
  return (
    <section>
      {name && <h3>{name}</h3>}
      <table>
        <thead>
          <tr>
            <th scope="col">Score</th>
            <th scope="col">Value</th>
            <th scope="col">95 %</th>
            <th scope="col">
              <span title="where the score lies between chance and an isometry">From chance to isometry</span>
            </th>
          </tr>
        </thead>
        <tbody>{JUDGED_NAMES.map(row)}</tbody>
      </table>
      <details>
        <summary>{others.length} more scores</summary>
        <table>
          <tbody>{others.map(row)}</tbody>
        </table>
      </details>
      <p class="note">
        The tick is the best linear map of as many dimensions; the pale band is the interval.{" "}
        {audit.rows.toLocaleString("en")} rows.
      </p>
    </section>
  );
}

function ScoreRow({ name, score }: { name: string; score: Score }) {
  const digits = (value: number) => (Math.abs(value) >= 100 ? value.toPrecision(3) : value.toFixed(3));
  return (
    <tr>
      <th scope="row">
        {words(name)}
        {lessIsBetter(name as (typeof SCORE_NAMES)[number]) && <span class="note"> (less is better)</span>}
      </th>
      <td>{digits(score.value)}</td>
      <td>{score.exact ? "exact" : score.interval.map(digits).join(" to ")}</td>
      <td>
        <Bar score={score} />
      </td>
    </tr>
  );
}

/** From chance, on the left, to the value of an isometry, on the right. */
function Bar({ score }: { score: Score }) {
  const { value, interval, ideal, null: chance, baseline } = score;
  const span = ideal - chance;
  if (!Number.isFinite(span) || span === 0) return null;
  const at = (of: number) => Math.max(0, Math.min(100, (100 * (of - chance)) / span));
  const [low, high] = [at(interval[0]), at(interval[1])].sort((a, b) => a - b) as [number, number];
  const text = `${at(value).toFixed(0)} % of the way from chance to an isometry${baseline ? `; ${baseline.name}: ${at(baseline.value).toFixed(0)} %` : ""}`;
  return (
    <span class="bar" role="img" aria-label={text} title={text}>
      <span class="fill" style={{ width: `${at(value)}%` }} />
      <span class="band" style={{ left: `${low}%`, width: `${high - low}%` }} />
      {baseline && <span class="tick" style={{ left: `${at(baseline.value)}%` }} />}
    </span>
  );
}

/** "neighborRecall" -> "neighbor recall". */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
