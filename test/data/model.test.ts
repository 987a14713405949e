import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openModel } from "../../src/data/index.ts";

function folder() {
  const outer = mkdtempSync(join(tmpdir(), "isometer-model-"));
  const inner = join(outer, "model");
  mkdirSync(join(inner, "parts"), { recursive: true });
  writeFileSync(join(inner, "net.onnx"), "model");
  writeFileSync(join(inner, "parts", "weights.bin"), Uint8Array.of(1, 2, 3, 4, 5));
  writeFileSync(join(outer, "secret.bin"), "secret");
  symlinkSync(join(outer, "secret.bin"), join(inner, "link.bin"));
  symlinkSync(join(inner, "parts", "weights.bin"), join(inner, "kept.bin"));
  return { inner, model: join(inner, "net.onnx"), outer };
}

describe("a model and what lies beside it", () => {
  it("is read, and parts of files in its folder", async () => {
    const { bytes, external } = await openModel(folder().model);
    expect(new TextDecoder().decode(bytes)).toBe("model");
    expect(Array.from(external("parts/weights.bin", 1, 3))).toEqual([2, 3, 4]);
    expect(Array.from(external("./parts/../parts/weights.bin", 3, 2))).toEqual([4, 5]);
    // A link is what it leads to, where that is in the folder.
    expect(Array.from(external("kept.bin", 0, 1))).toEqual([1]);
  });

  it("nothing outside of the folder is read, by any way", async () => {
    const { model, outer } = folder();
    const { external } = await openModel(model);
    for (const way of [
      "../secret.bin",
      join(outer, "secret.bin"),
      "parts/../../secret.bin",
      "link.bin",
      "..",
      ".",
      "/etc/passwd",
    ]) {
      expect(() => external(way, 0, 1), way).toThrow(/outside of its folder/);
    }
  });

  it("what is not there, too short or no file is said", async () => {
    const { model, inner } = folder();
    const { external } = await openModel(model);
    expect(() => external("none.bin", 0, 1)).toThrow(/there is no file none.bin/);
    expect(() => external("parts/weights.bin", 3, 3)).toThrow(/ends at byte 5/);
    expect(() => external("parts", 0, 1)).toThrow(/not a regular file/);
    await expect(openModel(join(inner, "none.onnx"))).rejects.toMatchObject({ code: "missing-file" });
    await expect(openModel(inner)).rejects.toMatchObject({ code: "not-a-file" });
  });
});
