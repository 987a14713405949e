/** How the weights of a model are stored, in the words of transformers.js, and what the file's name then ends in. */
const SUFFIXES = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
} as const;

export type EncoderDtype = keyof typeof SUFFIXES;

export const DTYPES = Object.keys(SUFFIXES) as readonly EncoderDtype[];

/** Where the layout of transformers.js, sentence-transformers or Optimum has a model, the likeliest first. */
export function modelNames(takes: "text" | "image" | "rows", dtype: EncoderDtype): string[] {
  const own = { text: ["text_model"], image: ["vision_model"], rows: [] }[takes];
  const names = [...own, "model"].map((name) => `${name}${SUFFIXES[dtype]}.onnx`);
  return [...names.map((name) => `onnx/${name}`), ...names];
}
