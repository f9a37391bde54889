// DuckDB in Node reads the mart; see `test_clients.py` for what is asked.
const readline = require("node:readline");
const duckdb = require("@duckdb/node-api");

const [, , mart, figure] = process.argv;
const SHOWN = ["indicator_id", "value", "decimals", "period_start", "is_stale"];

async function connect() {
  const instance = await duckdb.DuckDBInstance.create(mart, { access_mode: "READ_ONLY" });
  return { instance, connection: await instance.connect() };
}

async function answers({ connection }) {
  const rows = async (statement) => (await connection.runAndReadAll(statement)).getRowsJson();
  const one = async (statement) => (await rows(statement))[0][0];
  const tables = {};
  for (const [name] of await rows("select table_name from duckdb_tables() where schema_name = 'mart'")) {
    tables[name] = Number(await one(`select count(*) from mart."${name}"`));
  }
  const series = await connection.runAndReadAll(`select ${SHOWN} from mart.mart_indicator_series limit 0`);
  return {
    version: duckdb.version(),
    build_id: await one("select build_id from mart.build"),
    figure: await one(figure),
    tables,
    types: Object.fromEntries(SHOWN.map((name, at) => [name, String(series.columnType(at))])),
    values: Number(await one("select count(value) from mart.mart_indicator_series")),
    missing: await one("select value from mart.mart_indicator_series where value is null limit 1"),
    comment: await one(
      "select comment from duckdb_columns() where table_name = 'fct_observation' and column_name = 'obs_value'",
    ),
  };
}

async function main() {
  let open = await connect();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line.trim() === "reconnect") {
      open.connection.closeSync();
      open.instance.closeSync();
      open = await connect();
    }
    console.log(JSON.stringify(await answers(open)));
  }
}

main();
