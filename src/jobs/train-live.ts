import type { Matrix } from "../base/index.ts";
import type { Session } from "./train.ts";
import { frameOf } from "./train-frames.ts";

/** Pictures of a latent for whoever watches while it is trained, of the rows that looks are at. They change neither the training nor the frames of its report. */
export interface Live {
  /** The codes of a look, which are there anyway; those of the model that is kept always. */
  show(epoch: number, codes: Matrix, isLast?: boolean): Promise<void>;
  /** Begins a picture of the model between two looks, if somebody waits for one and it is not too soon. */
  between(step: number): void;
  /** Done when no picture is being made. */
  settled(): Promise<void>;
}

/** Milliseconds between two pictures. */
const PACE = 100;
/** After a picture that was made for whoever watches alone, so many times the time that it took go by before the next. */
const REST = 4;

/** Pictures for `ctx.onPositions`; null: nobody looks. */
export function openLive(session: Omit<Session, "live">): Live | null {
  const { onPositions, wantsPositions = () => true, clock } = session.ctx;
  if (!onPositions) return null;
  const { run, state, inputs, looker, frames, settings } = session;
  const { streamed, at } = run.prepared.training;
  const { lookEvery } = settings.options;
  let last = frames.at(-1);
  let [told, rested] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let pending: Promise<void> | null = null;
  const tell = async (epoch: number, codes: Matrix) => {
    last = await frameOf(epoch, codes, last);
    told = clock();
    onPositions(Float32Array.from(last.at), epoch, looker.rows);
  };
  const isDue = () => wantsPositions() && clock() - told >= PACE;
  const picture = async (epoch: number) => {
    const began = clock();
    // Steps go on meanwhile.
    const model = run.snapshot(state.values.slice());
    await tell(epoch, await model.codes(inputs.points, looker.rows));
    rested = clock() + REST * (clock() - began);
  };
  /** Of an epoch that is about to be looked at. */
  const comesAnyway = (epoch: number) => epoch % lookEvery === 0 && epoch > (state.epochs.at(-1)?.epoch ?? 0);
  return {
    async show(epoch, codes, isLast = false) {
      await pending;
      if (isLast || isDue()) await tell(epoch, codes);
    },
    between(step) {
      const epoch = (step * streamed) / at.length;
      if (pending || clock() < rested || !isDue() || comesAnyway(Math.floor(epoch))) return;
      const ended = () => {
        pending = null;
      };
      // A training does not end for want of a picture.
      pending = picture(epoch).then(ended, ended);
    },
    async settled() {
      await pending;
    },
  };
}
