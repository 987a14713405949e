export type { EngineInfo, EngineOptions, Provider } from "./info.ts";
export { PROVIDERS } from "./info.ts";
