// Names for web addresses: the example of a plugin in JavaScript.

import { fail, log, plugin } from "./gristmill-plugin.js";

function slugify(text, separator) {
  const plain = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  return plain.split(/[^a-z0-9]+/).filter((word) => word !== "").join(separator ?? "-");
}

/** Each slug once: a second `a` becomes `a-2`. */
function distinct(slugs) {
  const seen = new Map();
  return slugs.map((slug) => {
    const n = (seen.get(slug) ?? 0) + 1;
    seen.set(slug, n);
    return n === 1 ? slug : `${slug}-${n}`;
  });
}

export const { describe, kernels } = plugin({
  name: "slug",
  version: "0.1.0",
  license: "MIT OR Apache-2.0",
  functions: {
    slugify: {
      doc: "The text in small letters and digits, its words joined by the separator (default `-`).",
      params: { text: "text", separator: "option<text>" },
      returns: "text",
      run: (text, separator) => {
        if (separator?.length > 8) fail("invalid-argument", "the separator has more than 8 letters");
        return slugify(text, separator);
      },
    },
    slugify_all: {
      doc: "One slug for each text, made distinct by a number.",
      params: { texts: "list<text>" },
      returns: "list<text>",
      run: (texts) => distinct(texts.map((text) => slugify(text))),
    },
    lengths: {
      doc: "The length of the slug of each text.",
      params: { texts: "map<text>" },
      returns: "map<int>",
      run: (texts) => Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, slugify(text).length])),
    },
    with_slugs: {
      doc: "The titles with a column of distinct slugs; a title that is null gets none.",
      params: { titles: "table{title: utf8}" },
      returns: "table{title: utf8, slug: utf8}",
      run: ({ title }) => {
        log(`${title.length} titles`);
        const slugs = distinct(title.filter((title) => title !== null).map((title) => slugify(title)));
        return { title, slug: title.map((title) => (title === null ? null : slugs.shift())) };
      },
    },
    normalise: {
      doc: "The chunk divided by its largest item.",
      params: { chunk: "ndarray<float64>" },
      returns: "ndarray<float64>",
      run: ({ shape, items }) => {
        const largest = items.reduce((largest, x) => Math.max(largest, x), -Infinity);
        return { shape, items: items.map((x) => x / largest) };
      },
    },
  },
});
