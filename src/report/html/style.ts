/*
 * Colours: Okabe and Ito's blue and vermilion (told apart by the colour-blind), lighter on dark ground. What colour says is also said in words.
 * Figures are drawn 460 units wide with letters of 14: two beside each other on a desk, one on a phone with letters of about 11 pixels.
 */

const LIGHT = `--ground:#fff;--ink:#1c1c1c;--soft:#5f6368;--line:#d9d9d6;--panel:#f6f6f3;--blue:#0072b2;--orange:#c75300;--both:#7b3294;--grey:#8c8c8c;--good:#00704f;--fair:#8a6100;--bad:#b3400a`;
const DARK = `--ground:#16181a;--ink:#e8e6e3;--soft:#a5a9ad;--line:#3a3e42;--panel:#1f2225;--blue:#5ab4ef;--orange:#ff9147;--both:#d9a5ef;--grey:#7d8287;--good:#4cc9a0;--fair:#e3b341;--bad:#ff8f5c`;

/** The style sheet of a page. */
export const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.3;margin:.2rem 0 1rem;font-weight:600;text-wrap:balance}
h2{font-size:1.15rem;margin:2.4rem 0 .8rem;font-weight:600}
article>h1{font-size:1.35rem}
section+article,article+article{border-top:1px solid var(--line);margin-top:3rem;padding-top:2rem}
p{margin:.5rem 0;max-width:46rem}
.over,.soft,figcaption,.keys,footer,.card small{color:var(--soft)}
.over{font-size:.9rem;margin:0;overflow-wrap:anywhere}
a{color:inherit}
code,pre{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{background:var(--panel);padding:.6rem .8rem;overflow-x:auto;margin:.3rem 0 1rem}
.good{color:var(--good)}.fair{color:var(--fair)}.bad{color:var(--bad)}
.cards,.figures,.pairs{display:grid;gap:1rem 1.5rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,var(--least)),1fr))}
.cards{--least:17rem}.figures{--least:24rem;gap:2rem 1.5rem;margin-bottom:2rem}.pairs{--least:13rem;margin:.5rem 0 1.5rem}.pairs.words{--least:18rem}
.card{background:var(--panel);padding:.8rem 1rem;border-radius:4px}
.card h3{font-size:.95rem;font-weight:500;margin:0;overflow-wrap:anywhere}
.card p{margin:0}
.card b{font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums}
.card small{font-size:.85rem;display:block;line-height:1.4}
.card svg{display:block;width:100%;height:1.4rem;margin:.3rem 0;overflow:visible}
figure{margin:0}
figure svg{display:block;width:100%;height:auto;max-width:34rem;overflow:hidden}
svg text,svg tspan{white-space:pre}
figcaption{font-size:.9rem;line-height:1.45;margin-top:.3rem}
.keys{font-size:.85rem;margin:.2rem 0;line-height:1.5}
.key{display:inline-block;margin-right:.9rem}
.key i{display:inline-block;width:1.1rem;height:.6rem;margin-right:.35rem;vertical-align:baseline}
.key i.line{height:0;border-top:2px solid var(--ink);vertical-align:middle}
.key i.dash{height:0;border-top:2px dashed var(--soft);vertical-align:middle}
.key i.line.orange,.key i.dash.orange{border-color:var(--orange)}
.key i.line.blue,.key i.dash.blue{border-color:var(--blue)}
.key i.line.both,.key i.dash.both{border-color:var(--both)}
.key i.line.grey,.key i.dash.grey{border-color:var(--grey)}
.key i.dot{width:.6rem;border-radius:50%}
.key i.dot.grey{background:var(--grey)}.key i.dot.orange{background:var(--orange)}.key i.dot.blue{background:var(--blue)}.key i.dot.both{background:var(--both)}
.key i.ring{width:.7rem;height:.7rem;border:2px solid var(--ink);border-radius:50%;vertical-align:-1px}
.key i.ramp{width:4rem;background:linear-gradient(to right,color-mix(in srgb,var(--blue) 10%,transparent),var(--blue))}
.key i.full{background:var(--soft)}
.key i.chance{width:0;height:.9rem;border-left:2px dotted var(--ink);margin-left:.5rem;vertical-align:-2px}
.key i.base{width:0;height:.9rem;border-left:3px solid var(--blue);margin-left:.5rem;vertical-align:-2px}
.key i.best{width:.6rem;height:.6rem;border:2px solid var(--ink);transform:rotate(45deg)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}
th{font-weight:500}
thead th{color:var(--soft);font-weight:400}
th:first-child{text-align:left}
tr.group th{padding-top:.8rem;font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;font-size:.9rem;margin:0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.rows{display:flex;gap:.5rem;align-items:flex-start;margin-bottom:.3rem}
.rows img{width:4.5rem;height:auto;background:#000;image-rendering:pixelated}
.words .rows>div{flex:1;min-width:0}
.rows blockquote{margin:.2rem 0 0;padding:.4rem .6rem;background:var(--panel);font-size:.85rem;overflow-wrap:anywhere;border-radius:4px}
.pair{font-size:.9rem;line-height:1.4}
.pair p{margin:0}
h3{font-size:1rem;font-weight:500;margin:1rem 0 .3rem}
ul{margin:.3rem 0;padding-left:1.2rem;max-width:46rem}
#latent{max-width:34rem}
#player{display:flex;gap:.8rem;align-items:center}#player[hidden]{display:none}#slide{flex:1;max-width:24rem}
button{font:inherit;padding:.2rem .9rem;border:1px solid var(--line);border-radius:4px;background:var(--panel);color:var(--ink)}
.key svg.spot{display:inline-block;width:.6rem;height:.6rem;margin-right:.35rem}
footer{margin-top:3rem;font-size:.85rem;border-top:1px solid var(--line);padding-top:.8rem}
@media (max-width:30rem){main{padding-top:1.2rem}h1{font-size:1.3rem}.pairs{--least:9rem}.pairs.words{--least:17rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
@media print{
:root{color-scheme:light;${LIGHT};--panel:#fff}
@page{margin:15mm}
body{background:#fff;color:#000;font-size:10pt}
main{max-width:none;padding:0}
figure,.card,.pair,tr{break-inside:avoid}
h2,h3{break-after:avoid}
.card{border:1px solid var(--line)}
.cards{grid-template-columns:repeat(3,1fr)}.figures{grid-template-columns:repeat(2,1fr)}.pairs{grid-template-columns:repeat(4,1fr)}.pairs.words{grid-template-columns:repeat(2,1fr)}
.scroll{overflow:visible}.scroll svg{max-width:100%!important}
.key i,.rows img,.card svg,figure svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
pre{white-space:pre-wrap}
}
`;
