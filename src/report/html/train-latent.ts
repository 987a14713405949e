import { count } from "../numbers.ts";
import type { TrainEvidence } from "../train-result.ts";
import { html, key, type Markup, NOTHING } from "./markup.ts";

/** Side of the picture, in units of its drawing, and what is left free at its edge. */
const SIDE = 400;
const EDGE = 12;

/** Frames have root mean square 1: rows further out than this may leave the picture. */
const FURTHEST = 4;

/** Colours of classes: told apart by the colour-blind (Okabe and Ito), on light and dark ground. */
const PALETTE = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#7b5ea7",
  "#8c8c8c",
  "#a65628",
  "#b8a500",
];

/** What moves the points: frames are whole numbers, hundredths of the unit. Without it the last frame is seen. */
const PLAYER = `
const data=JSON.parse(document.getElementById("frames").textContent);
const dots=document.querySelectorAll("#latent circle"),slide=document.getElementById("slide"),play=document.getElementById("play"),said=document.getElementById("said");
let at=data.frames.length-1,timer=null;
function show(k){at=k;slide.value=k;said.textContent="epoch "+data.epochs[k];const f=data.frames[k];
for(let i=0;i<dots.length;i++){dots[i].setAttribute("cx",data.middle+data.unit*f[2*i]/100);dots[i].setAttribute("cy",data.middle-data.unit*f[2*i+1]/100)}}
function stop(){clearInterval(timer);timer=null;play.textContent="Play"}
slide.max=data.frames.length-1;slide.addEventListener("input",()=>{stop();show(Number(slide.value))});
play.addEventListener("click",()=>{if(timer)return stop();if(at>=data.frames.length-1)show(0);play.textContent="Pause";
timer=setInterval(()=>{if(at>=data.frames.length-1)return stop();show(at+1)},180)});
document.getElementById("player").hidden=false;show(at);
`;

/** The latent as it moves, and the hash that lets its script run. */
export interface LatentPlayer {
  readonly markup: Markup;
  /** For the page's policy; null: there is no script. */
  readonly scriptHash: string | null;
}

/** Rows on the plane of the first two principal directions of their codes, at each look. */
export async function latentPlayer({ frames, labels, rows }: TrainEvidence): Promise<LatentPlayer> {
  const last = frames.at(-1);
  if (!last || last.at.length === 0) return { markup: NOTHING, scriptHash: null };
  const reach = frames.reduce(
    (most, { at }) => at.reduce((m, value) => Math.max(m, Math.abs(value)), most),
    0,
  );
  const unit = (SIDE / 2 - EDGE) / Math.min(FURTHEST, reach || 1);
  const colours = labels ? classColours(labels) : placeColours(last.at);
  const dots = rows.map((row, i) => {
    const [x, y] = [last.at[2 * i]!, last.at[2 * i + 1]!];
    const name = labels ? `row ${row}, ${labels[i]}` : `row ${row}`;
    return html`<circle cx="${(SIDE / 2 + unit * x).toFixed(1)}" cy="${(SIDE / 2 - unit * y).toFixed(1)}" r="2.6" fill="${colours.of[i]!}"><title>${name}</title></circle>`;
  });
  const data = {
    middle: SIDE / 2,
    unit: Number(unit.toFixed(3)),
    epochs: frames.map(({ epoch }) => epoch),
    frames: frames.map(({ at }) => at.map((value) => Math.round(100 * value))),
  };
  // Numbers alone: nothing in it can end the element.
  const script = {
    markup: `<script type="application/json" id="frames">${JSON.stringify(data)}</script><script>${PLAYER}</script>`,
  };
  const caption = `${count(rows.length)} rows, at each look on the plane of the first two principal directions of their codes, turned to the look before: what is seen to move is what moved. ${colours.words}`;
  const markup = html`<figure><svg id="latent" viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="the latent after epoch ${last.epoch}"><title>${`The latent after epoch ${last.epoch}`}</title>${dots}</svg>
<p id="player" hidden><button id="play" type="button">Play</button> <input id="slide" type="range" min="0" value="0" aria-label="look"> <span id="said"></span></p>
<p class="keys">${colours.keys}</p><figcaption>${caption}</figcaption></figure>
${script}`;
  return { markup, scriptHash: await hashOf(PLAYER) };
}

interface Colours {
  readonly of: readonly string[];
  readonly keys: readonly Markup[];
  readonly words: string;
}

function classColours(labels: readonly string[]): Colours {
  const classes = [...new Set(labels)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const colour = new Map(classes.map((name, k) => [name, PALETTE[k % PALETTE.length]!]));
  const shown = classes.slice(0, PALETTE.length);
  return {
    of: labels.map((label) => colour.get(label)!),
    keys: shown.map(
      (name) =>
        html`<span class="key"><svg viewBox="0 0 10 10" class="spot"><circle cx="5" cy="5" r="5" fill="${colour.get(name)!}"/></svg>${name}</span> `,
    ),
    words:
      classes.length > PALETTE.length
        ? `Coloured by label; colours repeat after ${PALETTE.length} of ${classes.length} labels.`
        : "Coloured by label.",
  };
}

/** By their place in the last frame, around its middle: so it is seen where they came from. */
function placeColours(at: readonly number[]): Colours {
  const of = Array.from({ length: at.length / 2 }, (_, i) => {
    const turn = Math.round((Math.atan2(at[2 * i + 1]!, at[2 * i]!) / Math.PI + 1) * 180);
    return `hsl(${turn} 60% 50%)`;
  });
  return { of, keys: [key("dot grey", "colour: direction from the middle in the last look")], words: "" };
}

async function hashOf(script: string): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
