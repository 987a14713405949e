import { describe, expect, test } from "vitest";
import {
  checkSides,
  isometryRecord,
  PENALTY_NAMES,
  parseIsometry,
  penaltyLines,
} from "../../src/jobs/train-isometry.ts";
import { PENALTIES } from "../../src/learn/penalties/index.ts";

describe("penalties as a person asks for them", () => {
  test("a name, in any spelling, with its weight and its own numbers", () => {
    expect(parseIsometry(["stress"])).toEqual([{ name: "stress" }]);
    expect(parseIsometry(["bi-lipschitz:0.5,k=2,rows=16", "distance:0"])).toEqual([
      { name: "biLipschitz", weight: 0.5, numbers: { k: 2, rows: 16 } },
      { name: "distance", weight: 0 },
    ]);
    for (const spelling of ["relaxed-distortion", "relaxed_distortion", "relaxedDistortion"])
      expect(parseIsometry([`${spelling}:1e-2`])).toEqual([{ name: "relaxedDistortion", weight: 0.01 }]);
    expect(parseIsometry(["isometric_decoder,pseudo-inverse=0"])).toEqual([
      { name: "isometricDecoder", numbers: { pseudoInverse: 0 } },
    ]);
  });

  test("our recipe, or none, alone", () => {
    expect(parseIsometry(["auto"])).toBe("auto");
    expect(parseIsometry(["none"])).toEqual([]);
    expect(parseIsometry([])).toEqual([]);
  });

  test.each([
    [["stres"], "--isometry stres is no penalty", "Did you mean stress?"],
    [["relaxeddistorsion"], "is no penalty", "Did you mean relaxed-distortion?"],
    [["xyzzyxyzzy"], "is no penalty", "--help"],
    [["stress:heavy"], 'needs a weight of 0 or more, got "heavy"', "distance:0.5"],
    [["stress:-1"], "needs a weight of 0 or more", "distance:0.5"],
    [["stress:"], "needs a weight of 0 or more", "distance:0.5"],
    [["stress:1:2"], "is no penalty", ""],
    [["geodesic,shrnk=1"], "is no option of geodesic", "It has shrink, share, expansion."],
    [["stress,k=1"], "is no option of stress", "It has none."],
    [["geodesic,shrink"], "is no option of geodesic", "shrink"],
    [["geodesic,shrink=no"], "needs a value of 0 or more", ""],
    [["stress", "stress:2"], "is given twice", "once"],
    [["auto", "stress"], "stands beside other penalties", "alone"],
  ])("%j is refused in words", (texts, message, hint) => {
    const refused = () => parseIsometry(texts);
    expect(refused).toThrow(message);
    try {
      refused();
    } catch (error) {
      expect(error).toMatchObject({ code: "bad-option", hint: expect.stringContaining(hint) });
    }
  });

  test("those of a decoder are refused where there is none", () => {
    for (const text of ["auto", "flat-metric", "bi-lipschitz"]) {
      expect(() => checkSides(parseIsometry([text]), "contrastive", false)).toThrow("contrastive has none");
      expect(() => checkSides(parseIsometry([text]), "ae", true)).not.toThrow();
    }
    for (const text of ["stress", "geodesic", "spectral"])
      expect(() => checkSides(parseIsometry([text]), "contrastive", false)).not.toThrow();
  });

  test("are remembered with every number that they were used with", () => {
    expect(isometryRecord(parseIsometry(["geodesic,share=0.1", "stress:2"]))).toEqual([
      { name: "geodesic", weight: null, numbers: { ...PENALTIES.geodesic.numbers, share: 0.1 } },
      { name: "stress", weight: 2, numbers: {} },
    ]);
    expect(isometryRecord("auto")).toBe("auto");
  });

  test("are all in the help", () => {
    expect(penaltyLines()).toHaveLength(PENALTY_NAMES.length);
    expect(penaltyLines().join("\n")).toContain(
      "bi-lipschitz: the decoder stretches no direction by more than k",
    );
  });
});
