export { type ColumnInfo, type ColumnKind, chooseVector, type VectorPlan } from "./columns.ts";
export { checkFinite, type Inspection, inspectPoints } from "./inspect.ts";
export { openArrow } from "./node-arrow.ts";
export { arrowStream, writeArrow } from "./node-arrow-write.ts";
export {
  type CheckpointTensors,
  fingerprintOf,
  openRunFolder,
  readCheckpointFile,
} from "./node-checkpoint.ts";
export { columnsWriter, writeColumns } from "./node-columns-write.ts";
export { listContents } from "./node-contents.ts";
export { openCsv } from "./node-csv.ts";
export { type Folder, openFolder } from "./node-folder.ts";
export { openFvecs, writeFvecs } from "./node-fvecs.ts";
export { openIdx, writeIdx } from "./node-idx.ts";
export { openImages } from "./node-images.ts";
export { readJson } from "./node-json.ts";
export { openJsonl } from "./node-jsonl.ts";
export { readTextColumns, type TextColumns } from "./node-judgements.ts";
export { readLabels, readRowNumbers } from "./node-labels.ts";
export { type MapFile, readMapFile } from "./node-map.ts";
export { type ModelFile, openModel } from "./node-model.ts";
export { openNpy, writeNpy } from "./node-npy.ts";
export { openNpz, writeNpz } from "./node-npz.ts";
export { type OpenedSource, openSource, parseRange, splitInputs, writeRows } from "./node-open.ts";
export { openParquet } from "./node-parquet.ts";
export {
  MOVING_ENDINGS,
  type Picture,
  pictureEnding,
  writePicture,
} from "./node-pictures.ts";
export {
  copyPath,
  type KeptResult,
  openProject,
  type Project,
  type ProjectWriter,
  projectName,
  readKept,
  writeProject,
} from "./node-project.ts";
export {
  CONTENT_KINDS,
  type ContentKind,
  emptyManifest,
  isName,
  isWithoutSecret,
  MANIFEST,
  NAME_RULE,
  type ProjectLabels,
  type ProjectLatent,
  type ProjectManifest,
  type ProjectMap,
  type ProjectOriginal,
  type ProjectStore,
} from "./node-project-manifest.ts";
export { fingerprintOfFiles, isOutside, placesOf, resolveInside, storedPath } from "./node-project-paths.ts";
export { isRunFile, type QrelsFile, readQrels, readRun } from "./node-qrels.ts";
export { openSafetensors, writeSafetensors } from "./node-safetensors.ts";
export { spoolRows, storedRows } from "./node-spool.ts";
export {
  type ExtraColumns,
  type TableOptions,
  writeCsv,
  writeJsonl,
  writeParquet,
} from "./node-table-write.ts";
export type { TableSource } from "./node-tables.ts";
export {
  type ImageShape,
  imageShapeOf,
  parseImageShape,
  type Thumbnail,
  thumbnails,
} from "./node-thumbnails.ts";
export { writeBytes } from "./node-write.ts";
export {
  HELD_BYTES,
  idPlaces,
  type JoinedLatent,
  type Pair,
  type PairOptions,
  type Placed,
  readPair,
  readSpace,
  readSpaces,
  type Spaces,
} from "./pair.ts";
export type { Contents, Format, OpenOptions, Source } from "./source.ts";
