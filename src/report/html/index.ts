export { alignMatrixPage } from "./align-matrix-page.ts";
export { alignPage } from "./align-page.ts";
export type { DriftPicture } from "./drift-figures.ts";
export { type DriftLooks, driftPage } from "./drift-page.ts";
export { type GeometryLooks, geometryPage } from "./geometry-page.ts";
export { auditPage, type PageOptions, type PageSection } from "./page.ts";
export { type SearchLooks, searchPage } from "./search-page.ts";
export { type TrainProgress, trainingPage, trainPage } from "./train-page.ts";
export { type Looks, type RowLook, shownRows } from "./witnesses.ts";
