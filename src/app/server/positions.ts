import type { Context } from "hono";
import type { Run, Runs } from "./runs.ts";

/**
 * Where the rows of a fit were last: float32, little-endian, rows x 2, with x-isometer-shape and x-isometer-iteration. Nothing (204) where there is nothing new since `?after=ITERATION`, or
 * nothing at all yet: a job tells of its positions from the first time that somebody asks. They stay until another job has some. Where x-isometer-rows is "some", `?of=rows` gives the numbers
 * of the rows, int32, which stay the same while the job runs.
 */
export function positions(c: Context, runs: Runs, { id }: Run): Response {
  c.header("cache-control", "no-store");
  const last = runs.positions(id);
  if (c.req.query("of") === "rows") {
    if (!last?.rows) return c.body(null, 204);
    c.header("x-isometer-shape", String(last.rows.length));
    return c.body(last.rows.slice().buffer, 200, { "content-type": "application/octet-stream" });
  }
  if (last === undefined || c.req.query("after") === String(last.iteration)) return c.body(null, 204);
  c.header("x-isometer-shape", `${last.places.length / 2},2`);
  c.header("x-isometer-iteration", String(last.iteration));
  c.header("x-isometer-rows", last.rows ? "some" : "all");
  return c.body(last.places.slice().buffer, 200, { "content-type": "application/octet-stream" });
}
