import type { Expression } from "../graph/index.ts";
import type { Feeds } from "./feeds.ts";
import type { Layer, Scope } from "./networks/index.ts";

/** A network to be trained. An encoder may give more columns than a code has: the first are the code, the rest what an objective makes of it. */
export interface Model {
  /** What is done to rows first, without parameters. */
  readonly prepare: Layer;
  readonly encoder: Layer;
  /** Null: what is trained by codes alone. */
  readonly decoder: Layer | null;
  /** Columns of a row as it is given, and of a code. */
  readonly inputs: number;
  readonly outputs: number;
}

/** One batch on its way through a model in training. */
export interface ObjectiveSite {
  readonly model: Model;
  /** The rows as the encoder takes them, B x inputs. */
  readonly rows: Expression;
  /** Batch statistics in use. */
  readonly scope: Scope;
  readonly feeds: Feeds;
}

/** What an objective makes of a batch. */
export interface Objectives {
  /** Codes of the rows, B x d: what penalties are about. */
  readonly codes: Expression;
  /** Losses by name, one number each; they are added. The first is what the model is for. */
  readonly losses: Readonly<Record<string, Expression>>;
  /** Numbers to be shown that nobody minimises. */
  readonly shown?: Readonly<Record<string, Expression>>;
}

/** What a model is trained for: graph in, losses out. */
export type Objective = (site: ObjectiveSite) => Objectives;
