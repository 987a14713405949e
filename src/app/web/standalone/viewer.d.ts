/** What shows a saved view, built by `standalone/vite.config.ts`. */
declare module "virtual:standalone-viewer" {
  const viewer: import("../export/page.ts").Viewer;
  export default viewer;
}
