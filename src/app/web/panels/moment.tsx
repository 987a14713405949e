/** When something was, for a person and for programs. */
export function Moment({ of }: { of: string }) {
  const text = new Date(of).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  return <time dateTime={of}>{text}</time>;
}
