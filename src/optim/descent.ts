import { add, div, type Expression, mul, scalar, sqrt, sub } from "../graph/index.ts";

/** A value of an optimiser that changes from step to step, by its name: a number, shape []. */
type Numbers = (name: string) => Expression;

/** What an update makes of one tensor of parameters. */
export interface Updated {
  readonly next: Expression;
  readonly slots: readonly Expression[];
}

/**
 * Descent by the gradient as a pure pair: what it remembers of each tensor (slots, of its shape, 0 at the start), and how a step makes the next parameters and slots of it. Numbers
 * that change from step to step are inputs of the graph.
 */
export interface Optimizer {
  readonly slots: readonly string[];
  update(p: Expression, gradient: Expression, slots: readonly Expression[], numbers: Numbers): Updated;
  /** Numbers of step t = 1, 2, ... at a learning rate. */
  numbers(t: number, rate: number): Readonly<Record<string, number>>;
}

/** How to descend: plain data. Names and defaults are PyTorch's. */
export interface DescentOptions {
  /** L-BFGS takes all rows at each step, with the same random numbers, and has no rate: for small problems. */
  readonly optimizer: "sgd" | "adam" | "adamw" | "lbfgs";
  /** Pulls parameters to 0: added to the gradient (sgd, adam), or a share of the rate (adamw). Default 0; adamw .01. */
  readonly weightDecay?: number;
  /** Of sgd. Default 0. */
  readonly momentum?: number;
  /** Of adam and adamw: how fast means of the gradient and of its square forget. Defaults .9 and .999. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Of adam and adamw. Default 1e-8. */
  readonly epsilon?: number;
}

/** The optimiser of these options. Null: L-BFGS, which is no update of a graph (`minimise`). */
export function openOptimizer(options: DescentOptions): Optimizer | null {
  if (options.optimizer === "lbfgs") return null;
  return options.optimizer === "sgd" ? sgd(options) : adam(options);
}

const like = (e: Expression, value: number) => scalar(value, e.type);

/** m' = mu m + g, p' = p - rate m'. Without momentum nothing is remembered. */
function sgd({ momentum = 0, weightDecay = 0 }: DescentOptions): Optimizer {
  return {
    slots: momentum > 0 ? ["momentum"] : [],
    update(p, gradient, [m], numbers) {
      const g = decayed(p, gradient, weightDecay);
      const moved = m ? add(mul(m, like(m, momentum)), g) : g;
      return { next: sub(p, mul(moved, numbers("rate"))), slots: m ? [moved] : [] };
    },
    numbers: (_, rate) => ({ rate }),
  };
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1), and AdamW (Loshchilov & Hutter 2019, algorithm 2).
 *
 * The means are kept as m / (1 - beta1) and v / (1 - beta2), sums that forget: two operations less for each tensor. What makes up for it is in the rate and in epsilon, with
 * the corrections for the first steps; the step is the same.
 */
function adam(options: DescentOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, optimizer } = options;
  const isDecoupled = optimizer === "adamw";
  const weightDecay = options.weightDecay ?? (isDecoupled ? 0.01 : 0);
  return {
    slots: ["mean", "square"],
    update(p, gradient, [m, v], numbers) {
      const g = isDecoupled ? gradient : decayed(p, gradient, weightDecay);
      const mean = add(mul(m!, like(m!, beta1)), g);
      const squares = add(mul(v!, like(v!, beta2)), mul(g, g));
      const from = isDecoupled && weightDecay > 0 ? mul(p, numbers("kept")) : p;
      const step = div(mul(mean, numbers("rate")), add(sqrt(squares), numbers("epsilon")));
      return { next: sub(from, step), slots: [mean, squares] };
    },
    numbers(t, rate) {
      const [first, second] = [1 - beta1 ** t, 1 - beta2 ** t];
      const root = Math.sqrt(second / (1 - beta2));
      return {
        rate: ((rate * (1 - beta1)) / first) * root,
        epsilon: epsilon * root,
        ...(isDecoupled && weightDecay > 0 && { kept: 1 - rate * weightDecay }),
      };
    },
  };
}

function decayed(p: Expression, gradient: Expression, weightDecay: number): Expression {
  return weightDecay > 0 ? add(gradient, mul(p, like(p, weightDecay))) : gradient;
}
