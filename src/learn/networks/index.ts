export { ACTIVATIONS, type Activation, OUTPUTS, type Output } from "./activation.ts";
export { channelsFirst, channelsLast } from "./channels-last.ts";
export {
  type ConvOptions,
  convDecoder,
  convEncoder,
  convolution,
  type ImageShape,
  transposedConvolution,
  type Window,
} from "./conv.ts";
export { type FromModelOptions, fromModel, type ModelLayer } from "./from-model.ts";
export {
  type Init,
  type Layer,
  type Parameter,
  type Running,
  type Scope,
  sequence,
  stateless,
} from "./layer.ts";
export { linear, type MlpOptions, mlp } from "./mlp.ts";
export { type Autoencoder, type AutoencoderOptions, buildAutoencoder } from "./models.ts";
export { batchNormalisation, layerNormalisation, type Normalisation, normalised } from "./normalisation.ts";
export { residual } from "./residual.ts";
export { layerToOnnx, type SaveOptions } from "./save.ts";
export { type Standard, standardise, unstandardise } from "./standardise.ts";
