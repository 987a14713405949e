/**
 * Figures of others under the protocols of T1 to T3, digits as they were given. T4 has none: there the rivals are trained beside ours.
 *
 * `source`: "published" by the authors named, or "re-run" by us before this benchmark was written, with the authors' code or on their maps (scikit-learn
 * for Isomap and SMACOF). A measure that a source does not give is left out.
 *
 * @typedef {{ method: string, source: string, values: Record<string, string> }} Published
 */

const MLDL = "published (Li, Zang & Wu 2020, README of their code)";
const MOOR = "published (Moor et al. 2020, table 1)";
const SHIPPED = "re-run (their measures on their maps)";
const RERUN = "re-run";

/**
 * @param {string} measures names, with spaces between
 * @param {[method: string, source: string, digits: string][]} rows digits in the same order, "-" where there are none
 * @returns {Published[]}
 */
function figures(measures, rows) {
  const names = measures.split(" ");
  return rows.map(([method, source, digits]) => {
    const given = digits.split(/ +/).map((value, i) => [names[i], value]);
    return { method, source, values: Object.fromEntries(given.filter(([, value]) => value !== "-")) };
  });
}

/** T1, mean of ten rolls. `succeeded`: how many of them unfold. */
export const SWISS_ROLL = figures("succeeded lKl rre trust cont lgd kMin kMax", [
  ["ML-Enc", MLDL, "10 .0184 .000414 .9999 .9985 .00385 1.00 2.14"],
  ["ML-Enc, seed 0", RERUN, "1 .0195 .00041 .99997 .99867 .00129 1.004 1.680"],
  ["Isomap", MLDL, "6 .0234 .009650 .9827 .9950 .02376 1.11 34.35"],
  ["Isomap, k = 10", RERUN, "6 .02339 .00965 .98280 .99505 .02376 1.1075 34.354"],
  ["TopoAE", MLDL, "0 .0349 .0222 .9661 .9884 .133 1.27 190"],
  ["t-SNE", MLDL, "0 .0450 .0061 .9987 .9843 3.41 11.1 1098"],
  ["MLLE", MLDL, "6 .125 .0307 .946 .984 .045 7.4 239"],
  ["HLLE", MLDL, "6 .130 .0346 .939 .986 .045 7.4 218"],
  ["LTSA", MLDL, "6 .130 .0349 .939 .986 .045 7.4 216"],
  ["LLE", MLDL, "0 .178 .0142 .975 .990 .047 6.2 452"],
  ["true chart x sqrt(2/3)", RERUN, "10 .01840 .00026 .99997 .99851 .00279 1.00001 1.0128"],
  ["true chart", RERUN, "10 .01840 .00026 .99997 .99851 .01380 1.2248 1.2405"],
]);

/** T2, the 1,000 test rows; SMACOF is fitted to those themselves, 500 steps from a random start. */
export const SPHERES = figures("kl001 kl01 kl1 mrre cont trust rmse pearson stress", [
  ["TopoAE", MOOR, ".085 .326 .00694 .272 .822 .658 13.5"],
  ["AE", MOOR, ".566 .746 .01664 .349 .607 .588 13.3"],
  ["PCA", MOOR, ".332 .651 .01530 .294 .747 .626 11.8"],
  ["UMAP", MOOR, ".157 .613 .01658 .250 .752 .635 9.3"],
  ["Isomap", MOOR, ".181 .420 .00881 .246 .790 .676 10.4"],
  ["TopoAE", SHIPPED, ".09173 .31499 .00670 .26742 .82738 .66057 13.45148 .634 .397"],
  ["AE", SHIPPED, ".56138 .77559 .01685 .35694 .58594 .58194 13.34380 -.288 .601"],
  ["PCA", SHIPPED, ".34034 .65405 .01538 .29488 .74708 .62534 11.77015 -.112 .566"],
  ["UMAP", SHIPPED, ".15628 .60179 .01609 .24894 .75244 .63802 9.21995 -.066 .513"],
  ["Isomap", SHIPPED, ".20700 .42457 .00887 .24553 .79112 .67779 10.44423 .330 .471"],
  ["SMACOF, in-sample", RERUN, ".02229 .17585 .00165 .292 .8116 .6327 4.8605 .698 .340"],
]);

/**
 * T3, the 8,500 test rows, except that Pearson, Spearman, stress and ratios, which are against the true chart, are of 2,000 of them: bench/anchors/baselines.py
 * writes which.
 */
export const SWISS_ROLL_HOLE = figures(
  "reconstruction recall kl001 kl01 kl1 pearson spearman stress ratio01 ratio99",
  [
    ["BLAE, seed 21", RERUN, "1.67e-4 .9536 9.3e-5 2.0e-5 8.9e-7 .99993 .99994 .0056 .977 1.024"],
    ["BLAE, seed 1", RERUN, "1.05e-4 .9562 5.8e-5 1.2e-5 9.2e-7 .99994 .99995 .0051 .979 1.023"],
    ["SPAE", RERUN, "3.78e-4 .9271 1.0e-3 3.0e-4 1.8e-5 .99139 .99045 .0631 .887 1.407"],
    ["Isomap, k = 5", RERUN, "- .6887 6.5e-3 1.1e-3 5.0e-5 .98456 .98392 .0833 .661 1.601"],
    ["GGAE", RERUN, "7.8e-2 .6830 4.8e-2 2.1e-2 1.2e-3 .7990 .8229 .2900 .240 1.673"],
    ["GAE", RERUN, "4.6e-2 .5156 5.4e-2 1.8e-2 2.0e-3 .2814 .3156 .5592 .078 2.234"],
    ["CAE", RERUN, "5.2e-2 .5963 .139 6.6e-2 3.6e-3 .1778 .2377 .5810 .086 3.274"],
    ["IRAE", RERUN, "4.0e-2 .6143 .268 9.9e-2 3.8e-3 .0103 .1929 .7957 .037 5.277"],
    ["AE", RERUN, "4.0e-2 .5668 .298 9.8e-2 3.6e-3 .0432 .2022 .7544 .042 5.388"],
    ["true chart", RERUN, "0 .9997 9e-8 1.5e-8 1e-9 1 1 0 1 1"],
  ],
);

/**
 * The figures of one method, re-run where it was.
 *
 * @param {Published[]} table
 * @param {string} method
 */
export function publishedOf(table, method) {
  const rows = table.filter((row) => row.method === method);
  return rows.find(({ source }) => source.startsWith(RERUN)) ?? rows[0];
}
