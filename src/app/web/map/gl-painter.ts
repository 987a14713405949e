import { zoomOf } from "./camera.ts";
import type { Painter } from "./painter.ts";

const VERTEX = `#version 300 es
in vec2 place;
in vec4 colour;
uniform vec2 scale;
uniform vec2 middle;
uniform float size;
out vec4 tint;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  gl_PointSize = colour.a == 0.0 ? 0.0 : size;
  if (colour.a == 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  tint = colour;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 tint;
uniform bool isRound;
out vec4 pixel;
void main() {
  if (isRound && length(gl_PointCoord - 0.5) > 0.5) discard;
  pixel = vec4(tint.rgb * tint.a, tint.a);
}`;

/** Below this many pixels a square is as good as a circle. */
const ROUND_FROM = 4;

/** Points by WebGL2; null where there is none. */
export function glPainter(canvas: HTMLCanvasElement): Painter | null {
  const gl = canvas.getContext("webgl2", { antialias: false, depth: false, preserveDrawingBuffer: true });
  if (!gl) return null;
  const program = programOf(gl);
  const [places, colours] = [gl.createBuffer(), gl.createBuffer()];
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const [scale, middle, size, isRound] = [
    uniform("scale"),
    uniform("middle"),
    uniform("size"),
    uniform("isRound"),
  ];
  gl.useProgram(program);
  attribute(gl, program, "place", places, 2, gl.FLOAT, false);
  attribute(gl, program, "colour", colours, 4, gl.UNSIGNED_BYTE, true);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const fill = (buffer: WebGLBuffer, data: Float32Array | Uint8Array) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  };
  return {
    kind: "WebGL2",
    setPlaces: (data) => fill(places, data),
    setColours: (data) => fill(colours, data),
    draw(camera, screen, look) {
      const zoom = zoomOf(camera, screen);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(scale, (2 * zoom) / screen.width, (2 * zoom) / screen.height);
      gl.uniform2f(middle, camera.x, camera.y);
      gl.uniform1f(size, look.size * look.density);
      gl.uniform1i(isRound, look.size * look.density >= ROUND_FROM ? 1 : 0);
      gl.drawArrays(gl.POINTS, 0, look.count);
    },
    close: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}

function attribute(
  gl: WebGL2RenderingContext,
  program: WebGLProgram,
  name: string,
  buffer: WebGLBuffer,
  ...[parts, type, isShare]: [number, number, boolean]
): void {
  const location = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(location);
  gl.vertexAttribPointer(location, parts, type, isShare, 0, 0);
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS)) return program;
  throw new Error(`the shaders do not link: ${gl.getProgramInfoLog(program)}`);
}
