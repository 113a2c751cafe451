// Search over the catalogue: quick with thousands of entries, and forgiving of a typing error.

const plain = (text) => text.normalize("NFD").replace(/\p{M}+/gu, "").toLowerCase();
const wordsOf = (text) => plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** How many typing errors a word of this length may have. */
const errorsOf = (length) => (length < 4 ? 0 : length < 8 ? 1 : 2);

/**
 * Whether `typed` is within `most` errors of how `word` begins: a letter wrong, missing, too many, or two
 * swapped. (Optimal string alignment, given up as soon as a whole row is beyond the limit.)
 */
export function nearly(typed, word, most) {
  if (most === 0) return false;
  const length = Math.min(word.length, typed.length + most);
  let before = null;
  let above = Array.from({ length: length + 1 }, (_, at) => at);
  for (let i = 1; i <= typed.length; i += 1) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= length; j += 1) {
      const same = typed[i - 1] === word[j - 1] ? 0 : 1;
      let cost = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + same);
      if (before && j > 1 && typed[i - 1] === word[j - 2] && typed[i - 2] === word[j - 1]) {
        cost = Math.min(cost, before[j - 2] + 1);
      }
      row.push(cost);
      if (cost < least) least = cost;
    }
    if (least > most) return false;
    before = above;
    above = row;
  }
  // The word may go on behind what was typed.
  return Math.min(...above.slice(Math.max(0, typed.length - most))) <= most;
}

/** What one word that was typed is worth against an entry; 0 when it is not in there. */
function worth(typed, entry) {
  if (entry.name.startsWith(typed)) return 8;
  if (entry.nameWords.some((word) => word.startsWith(typed))) return 6;
  if (entry.words.some((word) => word.startsWith(typed))) return 4;
  if (typed.length >= 3 && entry.all.includes(typed)) return 3;
  const errors = errorsOf(typed.length);
  if (entry.nameWords.some((word) => nearly(typed, word, errors))) return 2;
  return entry.words.some((word) => nearly(typed, word, errors)) ? 1 : 0;
}

/** A function that finds systems by what was typed, the best first; all of them when nothing was. */
export function finder(systems) {
  const entries = systems.map((system) => {
    const nameWords = wordsOf(system.name);
    const words = [...new Set([system.vendor, system.system, ...system.keywords].flatMap(wordsOf))];
    return { system, name: plain(system.name), nameWords, words, all: plain([system.name, system.vendor, ...system.keywords].join(" ")) };
  });
  return (typed, category = null) => {
    const words = wordsOf(typed);
    const found = [];
    for (const entry of entries) {
      if (category && entry.system.category !== category) continue;
      let sum = 0;
      for (const word of words) {
        const value = worth(word, entry);
        if (value === 0) {
          sum = -1;
          break;
        }
        sum += value;
      }
      if (sum >= 0) found.push({ sum, system: entry.system });
    }
    // Stable: those of the same worth stay in the order of their names.
    return found.sort((a, b) => b.sum - a.sum).map(({ system }) => system);
  };
}
