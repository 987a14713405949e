export { type QuantizedOptions, quantized } from "./quantized.ts";
export * from "./scalar.ts";
