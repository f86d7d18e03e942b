import type { BeautyEffectOptions } from '../api/configurations.ts';
import { failure } from '../errors.ts';
import { fragmentShader, vertexShader } from './beauty-shader.ts';

const levels = ['smoothness', 'lightening', 'redness', 'contrast'] as const;
type Level = (typeof levels)[number];

/** Draws pictures with the effect, on a canvas that no page shows. */
export class BeautyPainter {
  readonly canvas = new OffscreenCanvas(2, 2);
  readonly #gl: WebGLRenderingContext;
  readonly #places: Record<Level | 'pixel', WebGLUniformLocation | null>;

  /** BEAUTY_PROCESSOR_INTERNAL_ERROR where there is no WebGL. */
  constructor() {
    const gl = this.canvas.getContext('webgl', { antialias: false, depth: false, alpha: false });
    if (!gl) throw failure('BEAUTY_PROCESSOR_INTERNAL_ERROR', 'this browser has no WebGL for the effect');
    this.#gl = gl;
    const program = programOf(gl);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, Float32Array.of(-1, -1, 1, -1, -1, 1, 1, 1), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, 'corner');
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const [name, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.LINEAR],
      [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ] as const)
      gl.texParameteri(gl.TEXTURE_2D, name, value);
    const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    this.#places = {
      smoothness: place('smoothness'),
      lightening: place('lightening'),
      redness: place('redness'),
      contrast: place('contrast'),
      pixel: place('pixel'),
    };
  }

  set(options: Required<BeautyEffectOptions>): void {
    const values: Record<Level, number> = {
      smoothness: options.smoothnessLevel,
      lightening: options.lighteningLevel,
      redness: options.rednessLevel,
      contrast: options.lighteningContrastLevel - 1,
    };
    for (const level of levels) this.#gl.uniform1f(this.#places[level], values[level]);
  }

  draw(frame: VideoFrame): void {
    const gl = this.#gl;
    const { canvas } = this;
    const { displayWidth: width, displayHeight: height } = frame;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      gl.viewport(0, 0, width, height);
      gl.uniform2f(this.#places.pixel, 1 / width, 1 / height);
    }
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, frame);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Gives the graphics card back what it holds: a page has few contexts. */
  stop(): void {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function programOf(gl: WebGLRenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw failure('BEAUTY_PROCESSOR_INTERNAL_ERROR', 'the browser made no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS))
    throw failure(
      'BEAUTY_PROCESSOR_INTERNAL_ERROR',
      `the effect does not run: ${gl.getProgramInfoLog(program)}`,
    );
  return program;
}
