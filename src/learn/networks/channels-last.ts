import { reshape, transpose } from "../../graph/index.ts";
import type { ImageShape } from "./conv.ts";
import { type Layer, stateless } from "./layer.ts";

/** Pixels with their colours side by side become channels: B x (H W C) to B x (C H W). */
export function channelsFirst([channels, height, width]: ImageShape): Layer {
  const size = channels * height * width;
  return stateless((x) => {
    const batch = x.shape[0]!;
    const pixels = reshape(x, [batch, height, width, channels]);
    return reshape(transpose(pixels, [0, 3, 1, 2]), [batch, size]);
  });
}

/** Its inverse: B x (C H W) to B x (H W C). */
export function channelsLast([channels, height, width]: ImageShape): Layer {
  const size = channels * height * width;
  return stateless((x) => {
    const batch = x.shape[0]!;
    const planes = reshape(x, [batch, channels, height, width]);
    return reshape(transpose(planes, [0, 2, 3, 1]), [batch, size]);
  });
}
