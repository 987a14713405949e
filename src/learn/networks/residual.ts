import { add } from "../../graph/index.ts";
import { type Layer, stateless } from "./layer.ts";

/** y = past(x) + f(x) (He et al. 2016). `past` leaves x as it is, or takes it to the shape that f has (a linear map). */
export function residual(f: Layer, past: Layer = stateless((x) => x)): Layer {
  return {
    parameters: [...f.parameters, ...past.parameters],
    running: [...f.running, ...past.running],
    apply: (x, scope) => add(past.apply(x, scope), f.apply(x, scope)),
  };
}
