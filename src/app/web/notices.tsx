import * as store from "./state/store.ts";

/** What is being waited for, and what went wrong. */
export function Notices() {
  const trouble = store.trouble.value;
  return (
    <div class="notices">
      <div role="status" class={store.busy.value ? "busy" : ""}>
        {store.busy.value}
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
