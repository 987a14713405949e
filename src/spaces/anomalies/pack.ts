import { deepFreeze, IsometerError } from "../../base/index.ts";
import type { Detector } from "./detector.ts";
import { DETECTOR_NAMES } from "./methods.ts";

/** A detector as JSON can hold it: every array of numbers as { type, base64 }, its bytes little-endian; one that was there before (members of an ensemble share their rows) as { again: how many came before it }. */
export interface PackedDetector {
  readonly format: "isometer-detector";
  readonly version: 1;
  readonly detector: unknown;
}

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;
type ArrayType = keyof typeof ARRAYS;

/** String.fromCharCode takes so many numbers at a time. */
const CHUNK = 8192;

/** The same detector, to the bit, as plain JSON. */
export function packDetector(detector: Detector): PackedDetector {
  return { format: "isometer-detector", version: 1, detector: packed(detector, []) };
}

/** @throws bad-format when it is no detector of this version, or not whole */
export function unpackDetector(saved: unknown): Detector {
  const { format, version, detector } = (saved ?? {}) as Partial<PackedDetector>;
  if (format !== "isometer-detector" || version !== 1) {
    throw new IsometerError("bad-format", "this is no saved detector of version 1", {
      needed: "format isometer-detector, version 1",
      got: `format ${String(format)}, version ${String(version)}`,
    });
  }
  const whole = unpacked(detector, []) as Detector;
  checkWhole(whole);
  return deepFreeze(whole);
}

/** @param seen arrays that came before, in order */
function packed(value: unknown, seen: unknown[]): unknown {
  const type = (Object.keys(ARRAYS) as ArrayType[]).find((name) => value instanceof ARRAYS[name]);
  if (type) {
    const again = seen.indexOf(value);
    if (again >= 0) return { again };
    seen.push(value);
    const { buffer, byteOffset, byteLength } = value as Float64Array;
    return { type, base64: toBase64(new Uint8Array(buffer, byteOffset, byteLength)) };
  }
  if (Array.isArray(value)) return value.map((part) => packed(part, seen));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, packed(part, seen)]));
}

function unpacked(value: unknown, seen: unknown[]): unknown {
  if (Array.isArray(value)) return value.map((part) => unpacked(part, seen));
  if (value === null || typeof value !== "object") return value;
  const { type, base64, again } = value as { type?: unknown; base64?: unknown; again?: unknown };
  if (typeof again === "number") return seen[again];
  if (typeof base64 === "string" && typeof type === "string") {
    const array = arrayOf(type, base64);
    seen.push(array);
    return array;
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpacked(part, seen)]));
}

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  }
  return btoa(parts.join(""));
}

function arrayOf(type: string, base64: string) {
  const own = Object.hasOwn(ARRAYS, type) ? ARRAYS[type as ArrayType] : null;
  let text = "";
  try {
    text = atob(base64);
  } catch (cause) {
    throw broken("its numbers are no base64", cause);
  }
  if (!own || text.length % own.BYTES_PER_ELEMENT !== 0)
    throw broken(`it has no whole numbers of type ${type}`);
  return new own(Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
}

/** @throws bad-format unless all parts are there and fit one another */
function checkWhole(detector: Detector): void {
  const { method, cols, scaling, model, fitted, calibration } = detector ?? {};
  if (!DETECTOR_NAMES.includes(method) || model?.method !== method) throw broken("it has no method");
  if (!(Number.isInteger(cols) && cols > 0) || !(fitted instanceof Int32Array) || !scaling)
    throw broken("parts are missing");
  const { standardization } = scaling;
  if (
    standardization &&
    (standardization.mean?.length !== cols || standardization.deviation?.length !== cols)
  ) {
    throw broken("its units are not those of its columns");
  }
  if (calibration && !(calibration.scores instanceof Float64Array))
    throw broken("its calibration has no scores");
  for (const own of model.method === "ensemble" ? model.members.map((member) => member.model) : [model]) {
    if (!isWhole(own, cols)) throw broken(`its ${own?.method} does not fit ${cols} columns`);
  }
}

function isWhole(model: Detector["model"], cols: number): boolean {
  switch (model?.method) {
    case "knn":
    case "lof": {
      const { data, rows, cols: width } = model.rows;
      if (!(data instanceof Float32Array) || width !== cols || data.length !== rows * cols) return false;
      return model.method === "knn" || (model.reach.length === rows && model.density.length === rows);
    }
    case "stretch": {
      const { rows, originals, stretch } = model;
      const sizes = [
        rows.data.length === rows.rows * cols,
        originals.data.length === rows.rows * originals.cols,
      ];
      return sizes.every(Boolean) && stretch.length === rows.rows;
    }
    case "mahalanobis":
      return model.mean.length === cols && model.whitening.length === cols * cols;
    case "reconstruction":
      return model.mean.length === cols && model.components.length === model.nComponents * cols;
    case "given":
      return typeof model.name === "string" && (model.centre === null || Number.isFinite(model.centre));
    default:
      return false;
  }
}

const broken = (what: string, cause?: unknown) =>
  new IsometerError("bad-format", `the saved detector is broken: ${what}`, { cause });
