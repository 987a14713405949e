/** `value` frozen to its leaves; typed arrays cannot be frozen and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value) || Object.isFrozen(value)) {
    return value;
  }
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
