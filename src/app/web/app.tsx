import { Header } from "./header.tsx";
import { Legend } from "./legend.tsx";
import { LatentMap } from "./map/map.tsx";
import { Toolbar } from "./map/toolbar.tsx";
import { Open } from "./open.tsx";
import { Panels } from "./panels/panels.tsx";
import * as store from "./state/store.ts";

/** The page: the map with its tools on one side, what is true of it on the other. */
export function App() {
  const view = store.view.value;
  return (
    <>
      <a class="skip" href="#panels">
        Skip the map
      </a>
      <Header />
      <Notices />
      {view === null ? (
        <main class="single">
          <Open />
        </main>
      ) : (
        <main class="split">
          <section class="side-map" aria-label="Map">
            <Toolbar />
            <div class={`maps of-${store.shown.value.length}`}>
              {store.shown.value.map((latent, _, [first]) => (
                <LatentMap key={`${view.id} ${latent}`} view={view} latent={latent} first={first!} />
              ))}
            </div>
            <Legend view={view} />
          </section>
          <Panels view={view} />
        </main>
      )}
    </>
  );
}

function Notices() {
  const trouble = store.trouble.value;
  return (
    <div class="notices">
      <div role="status" class={store.busy.value ? "busy" : ""}>
        {store.busy.value}
      </div>
      {trouble && (
        <div role="alert" class="trouble">
          <strong>{trouble.message}</strong> {trouble.hint}
          <button type="button" onClick={() => (store.trouble.value = null)}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}
