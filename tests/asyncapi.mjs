// Reads AsyncAPI documents with the official parser; prints what it found in each, as one JSON list a line.
// Arguments: the package.json whose packages are used, then the documents.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [packages, ...documents] = process.argv.slice(2);
const { Parser } = createRequire(packages)("@asyncapi/parser");
for (const path of documents) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"));
  const found = diagnostics.map(({ severity, code, path: where, message }) => [severity, code, where.join("."), message]);
  const operations = document ? document.allOperations().all().map((operation) => operation.id()) : [];
  console.log(JSON.stringify({ found, operations }));
}
