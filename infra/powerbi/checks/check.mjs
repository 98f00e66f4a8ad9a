// Checks the Power BI project. Reads { project, schemas, expressions } as JSON: the folder, folders laid out as the addresses of the schemas
// are, and expressions in M by name. Writes { parts, problems }: the JSON parts that a schema was found for, and what is wrong, one line each.
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { getMetadataProvider, locateReport, runReportValidation } from "@microsoft/powerbi-report-authoring-cli";
import { DefaultSettings, TaskUtils } from "@microsoft/powerquery-parser";
import Ajv from "ajv";

const schemaRoot = "https://developer.microsoft.com/json-schemas/";
const { project, schemas, expressions } = JSON.parse(readFileSync(0, "utf8"));
const parts = [];
const problems = [];

for (const folder of schemas) {
  const validators = new Map();
  for (const part of jsonParts(project)) {
    const name = relative(project, part);
    const content = JSON.parse(readFileSync(part, "utf8"));
    const address = content.$schema;
    if (address === undefined) {
      continue;
    }
    try {
      if (!validators.has(address)) {
        validators.set(address, compile(folder, address));
      }
      const validate = validators.get(address);
      if (!validate(content)) {
        problems.push(...validate.errors.map(({ instancePath, message, params }) => `${name}${instancePath}: ${message} ${JSON.stringify(params)} (${folder})`));
      }
      parts.push(name);
    } catch (error) {
      problems.push(`${name}: ${address} is of no use: ${error.message} (${folder})`);
    }
  }
}

const { reportDir, defDir, pbipPath } = locateReport(project);
const report = await runReportValidation({ reportDir, defDir, pbipPath, provider: await getMetadataProvider(), skipSchema: true });
for (const [code, { items }] of Object.entries(report.diagnostics ?? {})) {
  problems.push(...items.map(({ message, path }) => `${code}: ${message} ${path ?? ""}`));
}

for (const [name, text] of Object.entries(expressions)) {
  const task = await TaskUtils.tryLexParse(DefaultSettings, text);
  if (!TaskUtils.isParseStageOk(task)) {
    problems.push(`M of ${name}: ${task.error?.message ?? "not parsed to its end"}`);
  }
}

console.log(JSON.stringify({ parts, problems }));

function jsonParts(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? (["checks", ".pbi"].includes(entry.name) ? [] : jsonParts(path))
      : /\.(json|pbip|pbir|pbism|platform)$/.test(entry.name) ? [path] : [];
  });
}

// With all that it refers to, each file under its own address.
function compile(folder, address) {
  const ajv = new Ajv({ allErrors: true, strict: false });
  const known = new Map();
  const read = (url) => {
    if (!known.has(url)) {
      if (!url.startsWith(schemaRoot)) {
        throw new Error(`${url} is none of Microsoft's.`);
      }
      const schema = JSON.parse(readFileSync(join(folder, ...url.slice(schemaRoot.length).split("/")), "utf8"));
      known.set(url, schema);
      references(schema).map((reference) => new URL(reference, url).href.split("#")[0]).forEach(read);
    }
  };
  read(address);
  for (const [url, { $id, ...schema }] of known) {
    ajv.addSchema({ ...schema, $id: url });
  }
  return ajv.getSchema(address);
}

function references(node) {
  return node === null || typeof node !== "object" ? []
    : [...(typeof node.$ref === "string" && !node.$ref.startsWith("#") ? [node.$ref] : []), ...Object.values(node).flatMap(references)];
}
