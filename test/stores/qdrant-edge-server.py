"""Qdrant's own engine (the package qdrant-edge-py) behind the REST calls that the client makes.

Arguments: FOLDER PORT. Collections live in FOLDER and are there again after a kill. Prints "ready" when it listens.
Vectors are also kept as int8 and indexed (HNSW) from 200 points on, so that queries which are not exact go through both.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import unquote, urlparse

import qdrant_edge as q

FOLDER, PORT = sys.argv[1], int(sys.argv[2])
INDEXED_FROM = 200
lock = Lock()
shards = {}


def paths(name):
    return os.path.join(FOLDER, name), os.path.join(FOLDER, name + ".json")


def opened(name):
    folder, description = paths(name)
    if name not in shards and os.path.exists(description):
        with open(description) as file:
            shards[name] = (q.EdgeShard.load(folder), json.load(file))
    return shards.get(name)


def created(name, body):
    vectors = body["vectors"]
    distance = {"Cosine": q.Distance.Cosine, "Euclid": q.Distance.Euclid}[vectors["distance"]]
    config = q.EdgeConfig(
        vectors=q.EdgeVectorParams(size=vectors["size"], distance=distance),
        hnsw_config=q.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=1),
        quantization_config=q.ScalarQuantizationConfig(type=q.ScalarType.Int8),
        optimizers=q.EdgeOptimizersConfig(indexing_threshold=1),
    )
    folder, description = paths(name)
    os.makedirs(folder)
    shards[name] = (q.EdgeShard.create(folder, config), body)
    with open(description, "w") as file:
        json.dump(body, file)


# The package's conditions take True for 1, which Qdrant itself does not: flags are kept as these texts.
FLAGS = {True: "(flag) true", False: "(flag) false"}
TEXTS = {text: flag for flag, text in FLAGS.items()}


def kept(value):
    return FLAGS[value] if isinstance(value, bool) else value


def payload_in(payload):
    return {**payload, "fields": {name: kept(value) for name, value in payload["fields"].items()}}


def payload_out(payload):
    fields = {name: TEXTS.get(value, value) for name, value in payload["fields"].items()}
    return {**payload, "fields": fields}


def condition(given):
    if "has_id" in given:
        return q.HasIdCondition(set(given["has_id"]))
    if "is_empty" in given:
        return q.IsEmptyCondition(given["is_empty"]["key"])
    if "match" in given:
        return q.FieldCondition(key=given["key"], match=q.MatchValue(kept(given["match"]["value"])))
    if "range" in given:
        return q.FieldCondition(key=given["key"], range=q.RangeFloat(**given["range"]))
    return filter_of(given)


def filter_of(given):
    if given is None:
        return None
    return q.Filter(**{name: [condition(part) for part in given[name]] for name in given})


def shown(point):
    return {"id": str(point.id), "vector": point.vector, "payload": payload_out(point.payload)}


def request_of(search):
    params = search.get("params") or {}
    quantization = params.get("quantization")
    return q.QueryRequest(
        limit=search["limit"],
        query=q.Query.Nearest(search["query"]),
        with_vector=True,
        with_payload=True,
        filter=filter_of(search.get("filter")),
        params=q.SearchParams(
            hnsw_ef=params.get("hnsw_ef"),
            exact=params.get("exact", False),
            quantization=q.QuantizationSearchParams(**quantization) if quantization else None,
        ),
    )


def points_call(shard, call, body):
    if call == "PUT points":
        points = [q.Point(p["id"], p["vector"], payload_in(p["payload"])) for p in body["points"]]
        shard.update(q.UpdateOperation.upsert_points(points))
        if shard.count(q.CountRequest()) >= INDEXED_FROM:
            shard.optimize()
        return {"status": "completed"}
    if call == "POST points":
        return [shown(p) for p in shard.retrieve(body["ids"], True, True)]
    if call == "POST points/count":
        return {"count": shard.count(q.CountRequest(filter=filter_of(body.get("filter"))))}
    if call == "POST points/delete":
        shard.update(q.UpdateOperation.delete_points(body["points"]))
        return {"status": "completed"}
    if call == "POST points/scroll":
        page, after = shard.scroll(
            q.ScrollRequest(
                offset=body.get("offset"),
                limit=body["limit"],
                filter=filter_of(body.get("filter")),
                with_payload=True,
                with_vector=True,
            )
        )
        return {"points": [shown(p) for p in page], "next_page_offset": str(after) if after else None}
    if call == "POST points/query/batch":
        found = shard.query_batch(q.QueryBatchRequest([request_of(s) for s in body["searches"]]))
        return [{"points": [{**shown(p), "score": p.score} for p in points]} for points in found]
    raise KeyError(call)


def answer(method, url, body):
    parts = [unquote(part) for part in urlparse(url).path.split("/")]
    name, call = parts[2], method + " " + "/".join(parts[3:])
    own = opened(name)
    if call == "GET exists":
        return 200, {"exists": own is not None}
    if call == "PUT ":
        created(name, body)
        return 200, True
    if own is None:
        return 404, f"Not found: Collection `{name}` doesn't exist!"
    shard, description = own
    if call == "GET ":
        indexed = shard.info().indexed_vectors_count
        config = {"params": {"vectors": description["vectors"]}, "metadata": description.get("metadata")}
        return 200, {"status": "green", "indexed_vectors_count": indexed, "config": config}
    return 200, points_call(shard, call, body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one(self):
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        try:
            with lock:
                status, result = answer(self.command, self.path, body)
        except Exception as error:
            status, result = 400, f"{type(error).__name__}: {error}"
        text = {"result": result, "status": "ok", "time": 0} if status == 200 else {"status": {"error": result}, "time": 0}
        data = json.dumps(text).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = handle_one

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
print("ready", server.server_address[1], flush=True)
server.serve_forever()
