/**
 * What tells a map from another: SHA-256 of its file, and of the float32 tensors that lie beside it, "sha256:" and 32 hexadecimal digits.
 *
 * @throws missing-file, not-a-file, empty-input, too-large, bad-format where it is no map
 */
export async function mapFingerprint(path: string): Promise<string> {
  const { openModel, readMapFile } = await import("../data/index.ts");
  const { openTensors } = await import("../graph/read/tensors.ts");
  const { bytes, external } = await openModel(path);
  const parts: Promise<ArrayBuffer>[] = [digest(bytes)];
  if ((await readMapFile(path)) === null) {
    const { tensors } = openTensors(
      bytes,
      () => true,
      (location, offset, length) => {
        const piece = external(location, offset, length);
        parts.push(digest(piece));
        return piece;
      },
    );
    for (const { read } of tensors) read();
  }
  const all = await Promise.all(parts);
  const whole = all.length === 1 ? all[0]! : await digest(new Uint8Array(await new Blob(all).arrayBuffer()));
  const hex = Array.from(new Uint8Array(whole), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `sha256:${hex.slice(0, 32)}`;
}

const digest = (bytes: Uint8Array) => crypto.subtle.digest("SHA-256", Uint8Array.from(bytes));
