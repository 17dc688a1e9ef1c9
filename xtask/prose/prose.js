// Counts two things in Rust sources: doc comments without a verb, and constants of one bare word.
//
// usage: node prose.js [--list] --crate NAME FILE... [--crate NAME FILE...]...
//
// A verb is what the package `compromise` takes for one, so a count is an estimate. Code, links and what follows a code
// block are taken for one noun each, or left out.

const fs = require('fs');
const nlp = require('compromise');

const DOC_COMMENT = /^\s*\/\/[/!] ?(.*)$/;
const COMMENT = /^\s*\/\//;
const BARE_CONSTANT = /\b(const|static) [A-Z]+:/;
/** `Returns the …`: a first word that may be a verb in the third person, unless what follows shows a noun. */
const LEADING_VERB = /^([A-Z][a-z]+s) (?!of |and |or |that |which )/;

const options = process.argv.slice(2);
const isListing = options[0] === '--list';
const crates = [];
for (const word of options.slice(isListing ? 1 : 0)) {
  if (word === '--crate') crates.push({ name: undefined, files: [] });
  else if (crates.at(-1).name === undefined) crates.at(-1).name = word;
  else crates.at(-1).files.push(word);
}

/** Tells whether a doc comment has words, and no verb among them. */
function lacksVerb(block) {
  const text = block.join(' ').replace(/`[^`]*`|\[[^\]]*\](\([^)]*\))?/g, 'Thing').split('```')[0].trim();
  const isProse = /[A-Za-z]{2}/.test(text) && !/^#/.test(text);
  if (!isProse) return undefined;
  // A sentence without a subject is known by the verb that it begins with.
  const withSubject = text.replace(LEADING_VERB, (first) => `It ${first.toLowerCase()}`);
  return nlp(text).verbs().length === 0 && nlp(withSubject).verbs().length === 0;
}

function count(file, counts) {
  let block = [];
  let begin = 0;
  const flush = () => {
    const lacking = block.length > 0 ? lacksVerb(block) : undefined;
    if (lacking !== undefined) counts.docs += 1;
    if (lacking) counts.found.push(`${file}:${begin}: no verb: ${block.join(' ').slice(0, 110)}`);
    counts.verbless += lacking ? 1 : 0;
    block = [];
  };
  fs.readFileSync(file, 'utf8').split('\n').forEach((line, index) => {
    const doc = line.match(DOC_COMMENT);
    if (doc) {
      if (block.length === 0) begin = index + 1;
      block.push(doc[1]);
      return;
    }
    flush();
    if (BARE_CONSTANT.test(line) && !COMMENT.test(line)) {
      counts.constants += 1;
      counts.found.push(`${file}:${index + 1}: one bare word: ${line.trim().slice(0, 80)}`);
    }
  });
  flush();
}

function report(name, { docs, verbless, constants }) {
  const share = docs === 0 ? 0 : (100 * verbless) / docs;
  const columns = [String(docs).padStart(5), String(verbless).padStart(5), `${share.toFixed(1)} %`.padStart(7)];
  console.log(`${name.padEnd(26)} ${columns.join(' ')} ${String(constants).padStart(5)}`);
}

console.log(`${'crate'.padEnd(26)}  docs  without a verb  constants of one word`);
const total = { docs: 0, verbless: 0, constants: 0 };
for (const { name, files } of crates) {
  const counts = { docs: 0, verbless: 0, constants: 0, found: [] };
  files.forEach((file) => count(file, counts));
  report(name, counts);
  if (isListing) counts.found.forEach((line) => console.log(`  ${line}`));
  for (const key of Object.keys(total)) total[key] += counts[key];
}
report('all', total);
