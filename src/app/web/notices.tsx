import * as store from "./state/store.ts";

/** What is being waited for, and what went wrong. */
export function Notices() {
  const [trouble, busy] = [store.trouble.value, store.busy.value];
  return (
    <div class="notices">
      <div class={busy ? "busy" : ""}>
        <span role="status">{busy?.what}</span>{" "}
        {busy && (
          <button type="button" onClick={busy.stop}>
            Cancel
          </button>
        )}
      </div>
      {trouble && (
        <div role="alert" class="trouble">
          <p>
            <strong>{trouble.message}</strong> {trouble.hint}
          </p>
          <button type="button" onClick={() => (store.trouble.value = null)}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}
