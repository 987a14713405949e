import { describe, expect, test } from "vitest";
import { distinctNames, shortNames } from "../../src/jobs/latent-names.ts";

describe("the names of several latents", () => {
  test.each([
    [
      ["pca.npy", "umap.npy"],
      ["pca", "umap"],
    ],
    [
      ["out/pca.npy", "other/umap.csv.gz"],
      ["pca", "umap"],
    ],
    [
      ["z.npy", "z.parquet"],
      ["z.npy", "z.parquet"],
    ],
    [
      ["runs/1/z.npy", "runs/2/z.npy"],
      ["1/z", "2/z"],
    ],
    [
      ["a/x/z.npy", "b/x/z.npy", "c.npy"],
      ["a/x/z", "b/x/z", "c"],
    ],
    [
      ["faces/", "places/"],
      ["faces", "places"],
    ],
    [
      ["/z.npy", "z.npy"],
      ["/z.npy", "z.npy"],
    ],
    [
      ["v1.2/z.npy", "v1.3/z.npy"],
      ["v1.2/z", "v1.3/z"],
    ],
    [
      [".hidden", "z.npy"],
      [".hidden", "z"],
    ],
    [
      ["a.gz,b.gz", "c.gz"],
      ["a.gz,b", "c"],
    ],
  ])("%j are %j", (paths, names) => {
    expect(distinctNames(paths)).toEqual(names);
  });

  test("leave those that are taken alone", () => {
    expect(distinctNames(["PCA to 2.npy", "b.npy"], ["PCA to 2"])).toEqual(["PCA to 2.npy", "b.npy"]);
  });

  test.each([
    [["a.npy", "b.npy", "a.npy"], "a.npy is given twice"],
    [["a.npy", "./a.npy"], "./a.npy is given twice"],
  ])("the same file twice is refused: %j", (paths, message) => {
    expect(() => distinctNames(paths)).toThrow(expect.objectContaining({ code: "bad-option", message }));
  });
});

test("messages name short paths as they are, long ones without folders where that tells them apart", () => {
  const long = "a/folder/with/quite/a/long/name/that/says/little";
  expect(shortNames(["x.npy", "d/z.npy"])).toEqual(["x.npy", "d/z.npy"]);
  expect(shortNames([`${long}/x.npy`, `${long}/z.npy`])).toEqual(["x.npy", "z.npy"]);
  expect(shortNames([`${long}/z.npy`, `${long}/other/z.npy`])).toEqual([
    `${long}/z.npy`,
    `${long}/other/z.npy`,
  ]);
});
