// Validates an AsyncAPI document with the official parser: its form by the
// specification, its references, and every protobuf payload. Prints what is wrong
// and exits with 1 if anything is an error.
import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';
import { ProtoBuffSchemaParser } from '@asyncapi/protobuf-schema-parser';

const error = 0; // the severities of the parser: error, warning, information, hint

const file = process.argv[2];
const parser = new Parser();
parser.registerSchemaParser(ProtoBuffSchemaParser());
const { document, diagnostics } = await parser.parse(await readFile(file, 'utf8'), { source: file });

// Warnings are shown and pass: one of them is that a newer version of the
// specification exists.
for (const d of diagnostics.filter(({ severity }) => severity <= 1)) {
  console.error(`${file}:${d.range.start.line + 1}: ${d.severity === error ? 'error' : 'warning'}: ${d.message} (${d.path.join('.')})`);
}
if (!document || diagnostics.some(({ severity }) => severity === error)) {
  process.exit(1);
}
const facts = document.components().messages().all();
if (facts.length === 0 || facts.some((m) => !m.payload()?.properties())) {
  console.error(`${file}: a message has no payload that could be read`);
  process.exit(1);
}
console.log(`${file}: AsyncAPI ${document.version()}, ${facts.length} messages, ${document.operations().all().length} operations`);
