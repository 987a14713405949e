import type { Expression } from "../../graph/index.ts";
import type { RowMap } from "../directional.ts";
import type { Feeds } from "../feeds.ts";

/**
 * The pairs of a batch of B rows. All matrices are B x B and symmetric; a pair is in them twice.
 *
 * Where `counted` is 0 (a row with itself, rows that are equal), both distances are 1 and mean nothing.
 */
export interface PairSite {
  /** The rows as they are given, B x D, and their codes, B x d. */
  readonly x: Expression;
  readonly z: Expression;
  /** Distances to be kept: of the data, along its neighbour graph, or from a file. They do not move. */
  readonly dx: Expression;
  /** Distances of the codes. */
  readonly dz: Expression;
  /** 1 where a pair counts, 0 elsewhere. */
  readonly counted: Expression;
  /** Pairs that are near in the data, as numbers 1 and 0: those within a radius that is fed (see `nearRadius`). */
  readonly near: () => Expression;
  readonly feeds: Feeds;
}

/** A network between codes and data, to be looked at by its derivatives. */
export interface MapSite {
  /** Row by row, as it will be used: running statistics stay. B x inputs to B x outputs. */
  readonly map: RowMap;
  readonly inputs: number;
  readonly outputs: number;
  /** Where it is looked at, B x inputs: codes (decoder) or data (encoder), and mixtures of them. They do not move. */
  readonly at: Expression;
  /** The network that goes back, and where that is looked at: of a decoder its encoder, B x outputs to B x inputs, at data. */
  readonly inverse?: { readonly map: RowMap; readonly at: Expression };
  readonly feeds: Feeds;
}

/** The weights of a network that multiply: matrices, and kernels of convolutions as matrices. */
export interface WeightSite {
  readonly matrices: readonly { readonly name: string; readonly weight: Expression }[];
  readonly feeds: Feeds;
}

/** What a penalty says of itself: the reference page of each is made of this. */
export interface PenaltyAbout {
  /** One line for the help; lower case, no full stop. */
  readonly about: string;
  /** In plain text: "mean over pairs of (ln dz/dx - their mean)^2". */
  readonly formula: string;
  /** What becomes of it when all codes are multiplied by one number. */
  readonly scale: "free" | "absolute";
  /** What one step costs beside the plain one, in B, n, d, D. */
  readonly cost: string;
  /** Paper, year, equation; and where we differ, how. */
  readonly source: string;
  /** The score of an audit or of geometry that it equals on equal input, where there is one. */
  readonly twin?: string;
}

/** Numbers that a penalty can be told, with their defaults. */
export type PenaltyNumbers = Readonly<Record<string, number>>;

export type Penalty = PenaltyAbout & {
  readonly numbers: PenaltyNumbers;
} & (
    | {
        readonly on: "pairs";
        /** Which distances it keeps where no others are given. */
        readonly distances: "euclidean" | "geodesic";
        build(site: PairSite, numbers: PenaltyNumbers): Expression;
      }
    | {
        readonly on: "decoder" | "encoder";
        build(site: MapSite, numbers: PenaltyNumbers): Expression;
      }
    | {
        readonly on: "weights";
        build(site: WeightSite, numbers: PenaltyNumbers): Expression;
      }
  );
