// Looks that the host page wishes: a colour, a radius. Each is checked, and readable whatever it is.

const COLOUR = /^#[0-9a-f]{6}$/i;
const RADIUS = /^(0|[1-9]|1[0-9]|2[0-4])px$/;

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const hex = (values) => `#${values.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
const mix = (from, to, share) => hex(channels(from).map((value, at) => value + (channels(to)[at] - value) * share));

function luminance(colour) {
  const [red, green, blue] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast of two colours, as WCAG has it. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** The colour, moved towards another until it can be read on a ground. */
export function readable(colour, ground, towards) {
  for (let share = 0; share < 1; share += 0.05) {
    const moved = mix(colour, towards, share);
    if (contrast(moved, ground) >= 4.6) return moved;
  }
  return towards;
}

/** Applies what can be applied. */
export function dress(wishes) {
  const root = document.documentElement.style;
  const accent = wishes.get("accent");
  if (COLOUR.test(accent ?? "")) {
    const ink = contrast("#ffffff", accent) >= 4.5 ? "#ffffff" : "#14171f";
    const fill = readable(accent, ink, ink === "#ffffff" ? "#000000" : "#ffffff");
    root.setProperty("--accent", fill);
    root.setProperty("--accent-strong", mix(fill, ink === "#ffffff" ? "#000000" : "#ffffff", 0.15));
    root.setProperty("--accent-ink", ink);
    const light = readable(accent, "#eef0f4", "#000000");
    const dark = readable(accent, "#1b1f27", "#ffffff");
    root.setProperty("--accent-text", `light-dark(${light}, ${dark})`);
    root.setProperty("--accent-wash", `light-dark(${mix(accent, "#ffffff", 0.92)}, ${mix(accent, "#15181e", 0.84)})`);
  }
  const radius = wishes.get("radius");
  if (RADIUS.test(radius ?? "")) {
    root.setProperty("--radius", radius);
    root.setProperty("--radius-sm", `calc(${radius} * 0.67)`);
  }
}
