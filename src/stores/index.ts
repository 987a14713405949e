export { type Check, type Conformance, checkStore } from "./conformance.ts";
export { type Condition, checkFilter, type Filter, holds } from "./filter.ts";
export { createFlatStore, type FlatOptions, openFlatStore } from "./flat.ts";
export {
  addressFor,
  createStore,
  FLAT_ROWS,
  isStoreAddress,
  type OpenOptions,
  openStore,
  showAddress,
} from "./open.ts";
export * from "./store.ts";
