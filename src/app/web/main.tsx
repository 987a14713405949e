import { render } from "preact";
import { App } from "./app.tsx";
import { begin } from "./state/begin.ts";
import "./style.css";

render(<App />, document.getElementById("app")!);
void begin();
