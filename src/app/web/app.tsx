import { Header } from "./header.tsx";
import { Legend } from "./legend.tsx";
import { LatentMap } from "./map/map.tsx";
import { Toolbar } from "./map/toolbar.tsx";
import { Notices } from "./notices.tsx";
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
