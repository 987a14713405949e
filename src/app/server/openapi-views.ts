/*
 * The part of the OpenAPI document about files and live views; `views-contract.ts` says what each number means.
 */

type Parameters = readonly {
  readonly name: string;
  readonly type: string;
  readonly about?: string;
  readonly required?: true;
}[];

const binary = (description: string) => ({
  description,
  headers: { "x-isometer-shape": { schema: { type: "string" }, description: "ROWS or ROWS,COLS" } },
  content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
});
const json = (description: string) => ({
  description,
  content: { "application/json": { schema: { type: "object" } } },
});
const refused = {
  "4XX": {
    description: "What was wrong, and the next step",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  },
};

function operation(
  operationId: string,
  summary: string,
  ok: object,
  parameters: Parameters = [],
  tag = "views",
) {
  return {
    operationId,
    tags: [tag],
    summary,
    parameters: parameters.map(({ name, type, about, required }) => ({
      name,
      in: "query",
      required: required ?? false,
      schema: { type },
      ...(about !== undefined && { description: about }),
    })),
    responses: { "200": ok, ...refused },
  };
}

const body = (about: string) => ({
  requestBody: {
    required: true,
    description: about,
    content: { "application/json": { schema: { type: "object" } } },
  },
});
const view = { parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }] };
const latent = {
  name: "latent",
  type: "integer",
  about: "number of the latent, counted from 0",
  required: true,
} as const;
const row = { name: "row", type: "integer", required: true } as const;

export const VIEW_PATHS = {
  "/api/files": {
    get: operation("files", "the files of the folder", json("Paths, sizes, dates"), [], "files"),
  },
  "/api/arrays": {
    get: operation(
      "arrays",
      "the numbers of a file, in ranges of bytes; an Arrow stream where accept asks for one",
      binary("float32, little-endian, row after row"),
      [
        { name: "path", type: "string", about: "below the folder", required: true },
        { name: "vector", type: "string", about: "column or array that holds them" },
      ],
      "files",
    ),
  },
  "/api/decode": {
    post: {
      ...operation("decode", "what a decoder makes of codes", binary("float32, row after row"), [], "files"),
      ...body("decoder: path of an ONNX model; codes: rows of numbers"),
    },
  },
  "/api/views": {
    post: {
      ...operation("openView", "reads data and latents of the same rows, to be looked at", json("The view")),
      ...body(
        "original, latent (one to three paths), labels, id, vector, latentVector, metric, latentMetric, imageSize, imageMode",
      ),
    },
  },
  "/api/views/{id}": { ...view, get: operation("view", "a view as it is now", json("The view")) },
  "/api/views/{id}/positions": {
    ...view,
    get: operation("viewPositions", "where each row is drawn", binary("float32, rows x 2"), [latent]),
  },
  "/api/views/{id}/columns/{name}": {
    parameters: [
      ...view.parameters,
      { name: "name", in: "path", required: true, schema: { type: "string" } },
    ],
    get: operation("viewColumn", "one value of each row", binary("float32, or uint16 codes of categories")),
  },
  "/api/views/{id}/columns.parquet": {
    ...view,
    get: operation("viewColumns", "all columns of each row, as a Parquet file", binary("Parquet"), [latent]),
  },
  "/api/views/{id}/names": {
    ...view,
    get: operation("viewNames", "ids of rows, or their numbers", json("Names"), [
      { name: "rows", type: "string", about: "numbers, separated by commas", required: true },
    ]),
  },
  "/api/views/{id}/find": {
    ...view,
    get: operation("viewFind", "rows whose id or category holds a text", json("Row numbers"), [
      { name: "text", type: "string", required: true },
      { name: "limit", type: "integer" },
    ]),
  },
  "/api/views/{id}/picture": {
    ...view,
    get: operation(
      "viewPicture",
      "a row as a picture",
      { description: "PNG", content: { "image/png": {} } },
      [row],
    ),
  },
  "/api/views/{id}/neighbors": {
    ...view,
    get: operation("viewNeighbors", "the nearest rows in the data and in the latent", json("Both lists"), [
      latent,
      row,
      { name: "k", type: "integer" },
    ]),
  },
  "/api/views/{id}/distances": {
    ...view,
    get: operation("viewDistances", "the distance of every row to one", binary("float32, one of each row"), [
      row,
    ]),
  },
  "/api/views/{id}/pairs": {
    ...view,
    get: operation(
      "viewPairs",
      "lengths of pairs in both spaces",
      {
        description: "Arrow stream: a, b, original, latent",
        content: { "application/vnd.apache.arrow.stream": {} },
      },
      [latent, { name: "count", type: "integer" }, { name: "seed", type: "integer" }],
    ),
  },
  "/api/views/{id}/ellipses": {
    ...view,
    get: operation("viewEllipses", "Tissot's ellipse of each row", binary("float32, rows x 3"), [latent]),
  },
  "/api/views/{id}/selection": {
    ...view,
    post: {
      ...operation("viewSelection", "how far some rows can be trusted", json("Estimates with intervals")),
      ...body("latent; rows, or a mask of bits"),
    },
  },
  "/api/views/{id}/audits": {
    ...view,
    get: operation(
      "viewAudits",
      "the audits of its latents that the project of the folder keeps and that are up to date",
      json("audits: number of the latent, file, when it was written, result"),
    ),
  },
  "/api/views/{id}/limits": {
    ...view,
    get: operation(
      "viewLimits",
      "the latest result of limits in the folder that is about its original, by its distance",
      json("limits: file, when it was written, result; null where there is none"),
    ),
  },
  "/api/views/{id}/distortion": {
    ...view,
    post: {
      ...operation("viewDistortion", "begins the scores of each row", json("The view"), [latent]),
      ...body("{}"),
    },
    delete: operation("viewDistortionStop", "stops them; what is done stays", json("The view"), [latent]),
  },
};
