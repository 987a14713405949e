import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What the client asks of a Qdrant over HTTP, answered as Qdrant's reference of its REST calls says, from memory: collections with metadata, points, count, scroll, retrieve, delete and batches of
 * queries. Under cosine it keeps unit rows in float32. It has no index, but says that it has one from 100 points on, and then answers queries that are not exact with every 50th point left out and
 * with scores that are off, as quantised indexes do.
 */
export interface QdrantServer {
  readonly port: number;
  /** The `api-key` headers that came, and how many requests. */
  readonly seen: { keys: Set<string>; requests: number };
  /** Answers every request with this status and message from now on; null: as before. */
  fail(status: number | null, message?: string): void;
  close(): Promise<void>;
}

interface Point {
  readonly id: string;
  readonly vector: Float32Array;
  readonly payload: Json;
}
interface Collection {
  readonly config: Json;
  readonly metadata: Json | undefined;
  readonly points: Map<string, Point>;
}
// biome-ignore lint/suspicious/noExplicitAny: JSON of requests
type Json = Record<string, any>;

const INDEXED_FROM = 100;

export async function startQdrant({ keepsMetadata = true, port = 0 } = {}): Promise<QdrantServer> {
  const collections = new Map<string, Collection>();
  const seen = { keys: new Set<string>(), requests: 0 };
  let failing: readonly [number, string] | null = null;
  const server = createServer(async (request, response) => {
    seen.requests++;
    if (request.headers["api-key"]) seen.keys.add(String(request.headers["api-key"]));
    const { status, result } = failing
      ? { status: failing[0], result: failing[1] }
      : answer(collections, request, await bodyOf(request), keepsMetadata);
    response.writeHead(status, { "content-type": "application/json" });
    const body = status === 200 ? { result, status: "ok", time: 0 } : { status: { error: result }, time: 0 };
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    fail: (status, message = "") => {
      failing = status === null ? null : [status, message];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Json> {
  let text = "";
  for await (const part of request) text += part;
  return text === "" ? {} : JSON.parse(text);
}

function answer(
  collections: Map<string, Collection>,
  { method, url }: IncomingMessage,
  body: Json,
  keepsMetadata: boolean,
): { status: number; result: unknown } {
  const [, , name = "", ...rest] = new URL(url!, "http://x").pathname.split("/").map(decodeURIComponent);
  const path = `${method} ${rest.join("/")}`;
  const collection = collections.get(name);
  if (path === "GET exists") return { status: 200, result: { exists: collection !== undefined } };
  if (path === "PUT ") {
    const metadata = keepsMetadata ? body.metadata : undefined;
    collections.set(name, { config: body.vectors, metadata, points: new Map() });
    return { status: 200, result: true };
  }
  if (!collection) return { status: 404, result: `Not found: Collection \`${name}\` doesn't exist!` };
  const { points } = collection;
  switch (path) {
    case "GET ":
      return { status: 200, result: infoOf(collection) };
    case "DELETE ":
      return { status: 200, result: collections.delete(name) };
    case "PUT points":
      return upserted(collection, body.points);
    case "POST points":
      return {
        status: 200,
        result: body.ids.flatMap((id: string) => (points.has(id) ? shown(points.get(id)!) : [])),
      };
    case "POST points/count":
      return { status: 200, result: { count: matching(points, body.filter).length } };
    case "POST points/delete":
      for (const id of body.points) points.delete(id);
      return { status: 200, result: { status: "completed" } };
    case "POST points/scroll":
      return { status: 200, result: page(points, body) };
    case "POST points/query/batch":
      return {
        status: 200,
        result: body.searches.map((search: Json) => ({ points: nearest(collection, search) })),
      };
    default:
      return { status: 404, result: `no such call: ${path}` };
  }
}

function infoOf({ config, metadata, points }: Collection) {
  const indexed = points.size >= INDEXED_FROM ? points.size : 0;
  return {
    status: "green",
    points_count: points.size,
    indexed_vectors_count: indexed,
    config: { params: { vectors: config }, ...(metadata ? { metadata } : {}) },
  };
}

function upserted({ config, points }: Collection, given: readonly Json[]) {
  const wrong = given.find(({ vector }) => vector.length !== config.size);
  if (wrong) return { status: 400, result: "Wrong input: Vector dimension error" };
  for (const { id, vector, payload } of given) {
    const length = config.distance === "Cosine" ? Math.hypot(...vector) : 1;
    points.set(id, { id, vector: Float32Array.from(vector, (value: number) => value / length), payload });
  }
  return { status: 200, result: { status: "completed" } };
}

const shown = ({ id, vector, payload }: Point) => ({ id, vector: Array.from(vector), payload });

function matching(points: Map<string, Point>, filter: Json | undefined): Point[] {
  const own = [...points.values()].filter((point) => !filter || passes(filter, point));
  return own.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function page(points: Map<string, Point>, { filter, limit, offset }: Json) {
  const left = matching(points, filter).filter(({ id }) => !offset || id >= offset);
  return { points: left.slice(0, limit).map(shown), next_page_offset: left[limit]?.id ?? null };
}

/** A filter, or a condition: `must`, `should`, `must_not`, `has_id`, `is_empty`, and `match` or `range` of a key. */
function passes(filter: Json, point: Point): boolean {
  if (filter.has_id) return filter.has_id.includes(point.id);
  if (filter.is_empty) return (valueAt(point, filter.is_empty.key) ?? null) === null;
  if (!filter.key) {
    return (
      (filter.must ?? []).every((part: Json) => passes(part, point)) &&
      (!filter.should || filter.should.some((part: Json) => passes(part, point))) &&
      !(filter.must_not ?? []).some((part: Json) => passes(part, point))
    );
  }
  const own = valueAt(point, filter.key);
  if (filter.match) {
    // As Qdrant does: only texts, whole numbers and flags are matched.
    if (typeof filter.match.value === "number" && !Number.isInteger(filter.match.value)) return false;
    return own === filter.match.value;
  }
  const { gt, gte, lt, lte } = filter.range;
  return (
    typeof own === "number" &&
    (gt === undefined || own > gt) &&
    (gte === undefined || own >= gte) &&
    (lt === undefined || own < lt) &&
    (lte === undefined || own <= lte)
  );
}

/** `fields."a name"`, or plain names joined by dots. */
function valueAt({ payload }: Point, key: string): unknown {
  const names = [...key.matchAll(/"([^"]*)"|([A-Za-z0-9_-]+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  return names.reduce<Json | undefined>((own, name) => own?.[name], payload);
}

function nearest({ config, points }: Collection, { query, filter, limit, params }: Json) {
  const isApproximate = !params?.exact && points.size >= INDEXED_FROM;
  const scored = matching(points, filter)
    .filter((_, i) => !isApproximate || i % 50 !== 0)
    .map((point) => ({ point, score: scoreOf(query, point.vector, config.distance) }));
  const sign = config.distance === "Cosine" ? -1 : 1;
  scored.sort((a, b) => sign * (a.score - b.score));
  const off = isApproximate ? 2 : 1;
  return scored.slice(0, limit).map(({ point, score }) => ({ ...shown(point), score: off * score }));
}

function scoreOf(query: readonly number[], vector: Float32Array, distance: string): number {
  let [dot, own, apart] = [0, 0, 0];
  for (let i = 0; i < query.length; i++) {
    dot += query[i]! * vector[i]!;
    own += query[i]! ** 2;
    apart += (query[i]! - vector[i]!) ** 2;
  }
  return distance === "Euclid" ? Math.sqrt(apart) : dot / Math.sqrt(own);
}
