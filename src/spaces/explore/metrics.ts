/** How distances of a view may be measured; apart from the rest of this room, so that a command line or a page that only names them loads nothing else. */
export { STRAIGHT_METRICS, type StraightMetric } from "../../neighbors/metric.ts";
