export { autoencoder } from "./autoencoder.ts";
export { type ContrastiveLoss, type ContrastiveOptions, contrastive } from "./contrastive.ts";
export { type DistillLoss, type DistillOptions, distill, TEACHER } from "./distill.ts";
export { regression, TARGET } from "./regression.ts";
export { BETA, type VaeOptions, vae } from "./vae.ts";
