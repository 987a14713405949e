import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type TrainProgress, trainingPage } from "../../src/report/html/index.ts";
import type { TrainEvidence } from "../../src/report/index.ts";

const HOSTILE = `</script><script>alert("x")</script>&'.npy`;

const look = (stress: number) => ({
  ...{
    stress,
    stretch: 2,
    recall: 0.5,
    reconstruction: stress / 3,
    conditionNumber: 1.5,
    effectiveRank: 1.9,
  },
});

const PROGRESS = {
  isometer: "0.1.0",
  about: "an autoencoder",
  inputs: [{ path: HOSTILE }],
  rows: { train: 90, heldOut: 3 },
  network: { parameters: 1234, inputs: 5, outputs: 2 },
  options: { to: 2, epochs: 40, metric: "euclidean", nNeighbors: 10, hidden: [8, 4], labels: null },
  epochs: [0.5, 0.4, 0.3].map((stress, k) => ({
    epoch: k + 1,
    phase: 0,
    terms: { loss: 2 * stress, reconstruction: stress, ...(k > 0 && { biLipschitz: 0.01 * stress }) },
    weights: {},
    learningRate: 0.001,
    look: look(stress),
  })),
} as unknown as TrainProgress;

const EVIDENCE: TrainEvidence = {
  rows: [4, 7, 8],
  labels: [HOSTILE, "b", "b"],
  frames: [
    { epoch: 1, at: [0, 0, 1, 1, -1, 0.503] },
    { epoch: 2, at: [0.25, 0, 1, 0.5, -1, 0] },
    { epoch: 3, at: [0.5, 0, 1, 0, -1, -0.5] },
  ],
};

let page: string;
beforeAll(async () => {
  page = await trainingPage(PROGRESS, EVIDENCE);
});

describe("the page of a training", () => {
  test("says how far it is, and renews itself", () => {
    expect(page).toContain("Training: epoch 3 of 40");
    expect(page).toMatch(/<meta http-equiv="refresh" content="5">/);
    for (const curve of ["stress", "reconstruction", "biLipschitz", "condition number", "recall"])
      expect(page).toContain(curve);
  });

  test("runs its own script alone, and asks for nothing", () => {
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!;
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text!);
    expect(scripts).toHaveLength(1);
    const hash = createHash("sha256").update(scripts[0]!).digest("base64");
    expect(policy).toContain(`script-src 'sha256-${hash}'`);
    expect(policy).toContain("default-src 'none'");
    expect(page).not.toMatch(/(src|href)="?https?:/);
  });

  test("names of files and labels are text", () => {
    expect(page).not.toContain('alert("x")');
    expect(page).toContain("&lt;/script&gt;");
  });

  test("frames are whole numbers, and its script moves the points to them", () => {
    const { document } = parseHTML(page);
    const data = JSON.parse(document.getElementById("frames")!.textContent!);
    expect(data.epochs).toEqual([1, 2, 3]);
    expect(data.frames[0]).toEqual([0, 0, 100, 100, -100, 50]);
    const script = document.querySelectorAll("script")[1]!.textContent!;
    vi.useFakeTimers();
    try {
      new Function("document", script)(document);
      const places = () =>
        [...document.querySelectorAll("#latent circle")].map((dot) =>
          ["cx", "cy"].map((name) => Number(dot.getAttribute(name))),
        );
      const said = () => document.getElementById("said")!.textContent;
      const last = places();
      expect(said()).toBe("epoch 3");
      expect(document.getElementById("player")!.hidden).toBe(false);
      document
        .getElementById("play")!
        .dispatchEvent(new (document.defaultView as unknown as { Event: typeof Event }).Event("click"));
      expect(said()).toBe("epoch 1");
      expect(places()[1]).toEqual([data.middle + data.unit, data.middle - data.unit]);
      vi.advanceTimersByTime(180);
      expect(said()).toBe("epoch 2");
      vi.advanceTimersByTime(1000);
      expect(said()).toBe("epoch 3");
      expect(places()).toEqual(last);
      expect(document.getElementById("play")!.textContent).toBe("Play");
    } finally {
      vi.useRealTimers();
    }
  });

  test("without looks there is no latent and no script", async () => {
    const none = await trainingPage(PROGRESS, { ...EVIDENCE, frames: [] });
    expect(none).not.toContain("<script");
    expect(none).not.toContain("script-src");
  });
});
