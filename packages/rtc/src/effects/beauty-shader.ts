/** Every point of the picture is drawn where it was. */
export const vertexShader = `
attribute vec2 corner;
varying vec2 place;
void main() {
  place = vec2(corner.x, -corner.y) * 0.5 + 0.5;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/**
 * Skin is told by its hue (Cb and Cr), and smoothed by a mean of its neighbours in which those of another colour count little, so that
 * edges stay. Lightening lifts the middle of the range and leaves black and white; the contrast is that of the lift.
 */
export const fragmentShader = `
precision mediump float;
varying vec2 place;
uniform sampler2D picture;
uniform vec2 pixel;
uniform float smoothness, lightening, redness, contrast;
float skin(vec3 c) {
  float cb = -0.169 * c.r - 0.331 * c.g + 0.5 * c.b + 0.5;
  float cr = 0.5 * c.r - 0.419 * c.g - 0.081 * c.b + 0.5;
  return smoothstep(0.26, 0.32, cb) * (1.0 - smoothstep(0.48, 0.53, cb)) * smoothstep(0.50, 0.55, cr) * (1.0 - smoothstep(0.68, 0.74, cr));
}
void main() {
  vec3 own = texture2D(picture, place).rgb;
  vec3 sum = own;
  float weights = 1.0;
  for (int ring = 1; ring <= 2; ring++)
    for (int step = 0; step < 8; step++) {
      float angle = float(step) * 0.7854 + float(ring) * 0.39;
      vec3 near = texture2D(picture, place + vec2(cos(angle), sin(angle)) * pixel * float(ring) * 2.5).rgb;
      float weight = exp(-dot(near - own, near - own) * 40.0);
      sum += near * weight;
      weights += weight;
    }
  float mask = skin(sum / weights);
  vec3 c = mix(own, sum / weights, mask * smoothness);
  vec3 lifted = c + c * (1.0 - c) * lightening * 0.8;
  c = mix(lifted, smoothstep(0.0, 1.0, lifted), contrast * lightening * 0.5);
  float grey = dot(c, vec3(0.299, 0.587, 0.114));
  c.r = c.r + max(c.r - grey, 0.0) * redness * mask;
  gl_FragColor = vec4(clamp(c, 0.0, 1.0), 1.0);
}`;
