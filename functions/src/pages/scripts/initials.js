// A logo drawn from the initials of a name, as parts.rs draws it: initials.json holds both against each other.

const TONES = 7;

/** The first letters of the first two words, numbers passed over; a short first word in capitals stays whole. */
export function lettersOf(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  if (words.length === 0) return "";
  const [first, ...others] = words;
  const second = others.find((word) => !/^\p{N}/u.test(word));
  const letters = [...first];
  if (letters.length > 1 && letters.length <= 3 && letters.every((letter) => /\p{Lu}/u.test(letter))) return first;
  const head = letters[0].toUpperCase();
  return second ? head + [...second][0].toUpperCase() : head + (letters[1] ?? "");
}

/** One of the tones of the design system. */
export function toneOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 65521;
  return sum % TONES;
}

/** The logo as an element. */
export function initials(name, size = "") {
  const mark = document.createElement("span");
  mark.className = `initials ${size} tone-${toneOf(name)}`;
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = lettersOf(name);
  return mark;
}
