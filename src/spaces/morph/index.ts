export {
  type DataGraph,
  type DataGraphOptions,
  type DataPath,
  dataPath,
  openDataGraph,
} from "./data-path.ts";
export { type Decoder, openDecoder } from "./decoder.ts";
export type { Density } from "./density.ts";
export { type Frames, framesAlong } from "./frames.ts";
export { type GeodesicOptions, type GeodesicPath, geodesicPath } from "./geodesic-path.ts";
export {
  type Jump,
  type MeasureOptions,
  measurePath,
  type OffData,
  type PathReport,
  type PathSetting,
} from "./measure-path.ts";
export { type Morph, type MorphFrames, type MorphOptions, morph } from "./morph.ts";
export { codesAt, PATH_KINDS, type Path, type PathKind, sphericalPath, straightPath } from "./path.ts";
export { openSpaced, type Spaced } from "./spacing.ts";
export {
  animationPages,
  type FrameShape,
  filmStrip,
  type Pages,
  type PictureOptions,
  type Pixels,
  type StripOptions,
} from "./strip.ts";
