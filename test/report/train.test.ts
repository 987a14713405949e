import { describe, expect, test } from "vitest";
import { type TrainEpoch, type TrainResult, trainFindings } from "../../src/report/index.ts";
import { scoreOf } from "./fixture.ts";

type Facts = Parameters<typeof trainFindings>[0];

/** An epoch with a loss that falls, or not, and a look. */
function epoch(n: number, loss: number, held: number): TrainEpoch {
  return {
    epoch: n,
    phase: 0,
    terms: { loss, reconstruction: loss },
    weights: {},
    learningRate: 1e-3,
    look: {
      stress: 0.2,
      stretch: 2,
      recall: 0.5,
      reconstruction: held,
      conditionNumber: 3,
      effectiveRank: 2,
    },
  };
}

/** A training of which there is nothing to say: the loss still falls, the space is better than PCA's, and both directions are in use. */
const GOOD: Facts = {
  epochs: Array.from({ length: 40 }, (_, i) => epoch(i + 1, 1 / (i + 1), 1 / (i + 1))),
  scores: {
    stress: { ...scoreOf(0.1, "pairs"), baseline: { name: "PCA to 2", value: 0.2 } },
    neighborRecall: { ...scoreOf(0.2, "points"), baseline: { name: "PCA to 2", value: 0.1 } },
  },
  collapse: { columns: 2, active: 2, effectiveRank: 1.9, shares: [0.6, 0.4] },
  geometry: { conditionNumber: { value: 1.1 } } as TrainResult["geometry"],
  reconstruction: null,
  options: { isometry: [], holdout: 0.1 } as unknown as TrainResult["options"],
};

const codes = (change: Partial<Facts>) => trainFindings({ ...GOOD, ...change }).map(({ code }) => code);
const settled = Array.from({ length: 40 }, (_, i) => epoch(i + 1, 0.5, 0.5));
const worse = {
  ...GOOD.scores,
  stress: { ...GOOD.scores.stress!, baseline: { name: "PCA to 2", value: 0.05 } },
};

describe("what a training says of its space", () => {
  test("is nothing where there is nothing to say (control)", () => {
    expect(trainFindings(GOOD)).toEqual([]);
  });

  test("a loss that came to rest over a space worse than PCA's", () => {
    expect(codes({ epochs: settled, scores: worse })).toEqual(["bad-space"]);
    const [found] = trainFindings({ ...GOOD, epochs: settled, scores: worse });
    expect(found!.message).toContain("stress 0.100 against 0.0500");
    expect(found!.message).toContain("--isometry stress");
    const penalised = { ...GOOD.options, isometry: [{ name: "stress", weight: 1, numbers: {} }] };
    const [other] = trainFindings({ ...GOOD, epochs: settled, scores: worse, options: penalised });
    expect(other!.message).not.toContain("--isometry stress");
    // Neither alone: it may yet fall, or the space is good.
    expect(codes({ scores: worse })).toEqual([]);
    expect(codes({ epochs: settled })).toEqual([]);
    expect(codes({ epochs: settled.slice(0, 5), scores: worse })).toEqual([]);
  });

  test("columns that say nothing", () => {
    const of = (active: number, effectiveRank: number) =>
      codes({ collapse: { columns: 8, active, effectiveRank, shares: [1] } });
    expect([of(0, 0), of(7, 5), of(8, 1.2), of(8, 4)]).toEqual([
      ["collapse"],
      ["collapse"],
      ["collapse"],
      [],
    ]);
  });

  test("a fold: isometric at each point, with neighbours lost that PCA keeps", () => {
    const lost = {
      ...GOOD.scores,
      neighborRecall: { ...scoreOf(0.1, "points"), baseline: { name: "PCA", value: 0.4 } },
    };
    expect(codes({ scores: lost })).toEqual(["folded"]);
    expect(
      codes({ scores: lost, geometry: { conditionNumber: { value: 4 } } as TrainResult["geometry"] }),
    ).toEqual([]);
    expect(codes({ scores: lost, geometry: null })).toEqual([]);
    const [found] = trainFindings({ ...GOOD, scores: lost, options: { ...GOOD.options, isometry: "auto" } });
    expect(found!.message).toContain("More --epochs");
  });

  test("rows learned by heart: held-out ones come back worse while others come back better", () => {
    const epochs = Array.from({ length: 40 }, (_, i) =>
      epoch(i + 1, 1 / (i + 1), 0.5 + Math.abs(i - 10) / 40),
    );
    expect(codes({ epochs })).toEqual(["overfitting"]);
    const [found] = trainFindings({ ...GOOD, epochs });
    expect(found!.message).toContain("came back best at epoch 11");
    expect(codes({ epochs, options: { ...GOOD.options, holdout: 0 } })).toEqual([]);
    // Both got worse: that is another matter.
    const both = epochs.map((each) => epoch(each.epoch, each.epoch, each.look!.reconstruction!));
    expect(codes({ epochs: both })).toEqual([]);
  });
});
