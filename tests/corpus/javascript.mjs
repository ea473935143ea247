// Files of JavaScript's writers, with what they were handed: prints {case: {column: [cells]}}.
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import * as arrow from "apache-arrow";
import { parquetWriteBuffer, schemaFromColumnData } from "hyparquet-writer";

const require = createRequire(import.meta.url);
const parquetjs = require("@dsnp/parquetjs");
const wasm = require("parquet-wasm/node");
const data = process.argv[2];
const handed = {};
const NAN = { special: "NaN" };
const whole = (text) => ({ integer: text });
const INFINITY = { special: "Infinity" };

function place(name, cells) {
  handed[name] = cells;
  mkdirSync(`${data}/${name}`, { recursive: true });
  return `${data}/${name}/data`;
}

// hyparquet-writer: values, type, and the same as cells where JSON has them otherwise
function hyparquet(name, columns, options = {}) {
  const cells = Object.fromEntries(Object.entries(columns).map(([key, [values, , told]]) => [key, told ?? values]));
  const columnData = Object.entries(columns).map(([key, [values, type, , more]]) => ({ name: key, data: values, type, ...more }));
  const schema = options.overrides && schemaFromColumnData({ columnData, schemaOverrides: options.overrides });
  const { overrides, ...rest } = options;
  const bytes = parquetWriteBuffer({ columnData, ...(schema ? { schema } : {}), ...rest });
  writeFileSync(`${place(name, cells)}.parquet`, Buffer.from(bytes));
}

const when = [new Date("2024-01-31T12:30:00.123Z"), new Date("1969-12-31T23:59:59.999Z"), null];
const whenCells = ["2024-01-31T12:30:00.123000Z", "1969-12-31T23:59:59.999000Z", null];
const id = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
hyparquet("hyparquet-basic", {
  flag: [[true, false, null], "BOOLEAN"],
  i32: [[2147483647, -1, null], "INT32"],
  i64: [[9007199254740993n, -1n, null], "INT64", [whole("9007199254740993"), -1, null]],
  f16: [[1.5, -0.25, null], "FLOAT16"],
  f32: [[1.5, NaN, null], "FLOAT", [1.5, NAN, null]],
  f64: [[0.1, Infinity, null], "DOUBLE", [0.1, INFINITY, null]],
  text: [["é", "", null], "STRING"],
  bytes: [[new Uint8Array([0, 255]), new Uint8Array([]), null], "BYTE_ARRAY", ["AP8=", "", null]],
  uuid: [[id, id.replaceAll("f", "0"), null], "UUID", [id, id.replaceAll("f", "0"), null]],
});
hyparquet("hyparquet-times", { when: [when, "TIMESTAMP", whenCells] });
hyparquet("hyparquet-json", {
  json: [[{ a: [1, null], b: "é" }, [1, "x"], null], "JSON"],
  guessed: [[{ a: 1 }, { b: [] }, null], undefined],
});
hyparquet("hyparquet-variant", {
  object: [[{ a: 1, b: ["x", 2.5, null] }, "text", null], "VARIANT"],
  shredded: [[{ kind: "login", n: 1 }, { kind: 5, more: [true] }, null], "VARIANT", undefined, { shredding: { kind: "STRING", n: "INT32" } }],
});
hyparquet("hyparquet-geometry", {
  shape: [
    [{ type: "Point", coordinates: [1.5, 2.5] }, { type: "LineString", coordinates: [[0.5, 0.5], [1.5, 2.5]] }, null],
    "GEOMETRY",
    ["POINT (1.5 2.5)", "LINESTRING (0.5 0.5, 1.5 2.5)", null],
  ],
  earth: [[{ type: "Point", coordinates: [1, 2, 3] }, { type: "MultiPoint", coordinates: [[1, 2], [3, 4]] }, null], "GEOGRAPHY",
    ["POINT Z (1 2 3)", "MULTIPOINT ((1 2), (3 4))", null]],
});
hyparquet("hyparquet-encodings", {
  delta: [[5, 7, -9, null], "INT32", undefined, { encoding: "DELTA_BINARY_PACKED" }],
  length: [["a", "bcd", "", null], "STRING", undefined, { encoding: "DELTA_LENGTH_BYTE_ARRAY" }],
  prefix: [["abc", "abcd", "ab", null], "STRING", undefined, { encoding: "DELTA_BYTE_ARRAY" }],
  split: [[0.5, 1.5, -2.5, null], "DOUBLE", undefined, { encoding: "BYTE_STREAM_SPLIT" }],
  bloom: [["x", "y", "x", null], "STRING", undefined, { bloomFilter: true }],
}, { codec: "UNCOMPRESSED", rowGroupSize: 3 });
hyparquet("hyparquet-converted", {
  date: [[new Date("2024-02-29T00:00:00Z"), new Date("1969-12-31T00:00:00Z")], undefined, ["2024-02-29", "1969-12-31"]],
  unsigned: [[4294967295, 1], undefined],
}, { overrides: {
  date: { name: "date", type: "INT32", converted_type: "DATE", repetition_type: "OPTIONAL" },
  unsigned: { name: "unsigned", type: "INT32", converted_type: "UINT_32", repetition_type: "REQUIRED" },
} });
hyparquet("hyparquet-lists", { list: [[["a", null], [], null], undefined] });

// @dsnp/parquetjs: repeated fields without a LIST, which is how old writers have lists
async function byParquetjs(name, schema, rows, cells, options = {}) {
  const writer = await parquetjs.ParquetWriter.openFile(new parquetjs.ParquetSchema(schema), `${place(name, cells)}.parquet`, options);
  for (const row of rows) await writer.appendRow(row);
  await writer.close();
}

await byParquetjs("parquetjs-basic", {
  text: { type: "UTF8" },
  n: { type: "INT64", optional: true },
  f: { type: "DOUBLE" },
  flag: { type: "BOOLEAN" },
  bytes: { type: "BYTE_ARRAY" },
  kind: { type: "ENUM" },
  u8: { type: "UINT_8" },
}, [
  { text: "é", n: 9007199254740991, f: 0.5, flag: true, bytes: Buffer.from([0, 255]), kind: "a", u8: 255 },
  { text: "", f: -1.25, flag: false, bytes: Buffer.from([]), kind: "b", u8: 0 },
], {
  text: ["é", ""], n: [9007199254740991, null], f: [0.5, -1.25], flag: [true, false], bytes: ["AP8=", ""], kind: ["a", "b"], u8: [255, 0],
});
await byParquetjs("parquetjs-times", {
  date: { type: "DATE" }, ms: { type: "TIMESTAMP_MILLIS" }, us: { type: "TIMESTAMP_MICROS" },
  time: { type: "TIME_MILLIS" }, interval: { type: "INTERVAL" },
}, [{ date: new Date("2024-02-29T00:00:00Z"), ms: when[0], us: when[0], time: 45296123, interval: { months: 14, days: 3, milliseconds: 14706789 } }], {
  date: ["2024-02-29"], ms: [whenCells[0]], us: [whenCells[0]], time: ["12:34:56.123000"], interval: ["P14M3DT4H5M6.789S"],
});
await byParquetjs("parquetjs-json", { json: { type: "JSON" } }, [{ json: { a: [1, null], b: "é" } }, { json: "text" }],
  { json: [{ a: [1, null], b: "é" }, "text"] });
await byParquetjs("parquetjs-repeated", {
  tags: { type: "UTF8", repeated: true },
  stock: { repeated: true, fields: { price: { type: "DOUBLE" }, sizes: { type: "INT32", repeated: true } } },
  owner: { optional: true, fields: { name: { type: "UTF8" }, age: { type: "INT32", optional: true } } },
}, [
  { tags: ["a", "b"], stock: [{ price: 2.5, sizes: [1, 2] }, { price: 0.5 }], owner: { name: "x", age: 3 } },
  { stock: [] },
], {
  tags: [["a", "b"], []], stock: [[{ price: 2.5, sizes: [1, 2] }, { price: 0.5, sizes: [] }], []], owner: [{ name: "x", age: 3 }, null],
});
await byParquetjs("parquetjs-decimal", { small: { type: "DECIMAL", precision: 4, scale: 2 } }, [{ small: 1.25 }, { small: -0.5 }],
  { small: ["1.25", "-0.50"] });
await byParquetjs("parquetjs-pages-v2", { n: { type: "INT32", compression: "GZIP" }, t: { type: "UTF8", compression: "SNAPPY", optional: true } },
  Array.from({ length: 9 }, (_, i) => (i % 3 ? { n: i, t: `t${i}` } : { n: i })),
  { n: [0, 1, 2, 3, 4, 5, 6, 7, 8], t: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => (i % 3 ? `t${i}` : null)) },
  { useDataPageV2: true, rowGroupSize: 4 });

// apache-arrow: IPC files and streams, and the same tables by parquet-wasm
const { vectorFromArray: vector } = arrow;
const tables = {
  basic: [{
    i8: vector([1, -128, null], new arrow.Int8()),
    u64: vector([18446744073709551615n, 0n, null], new arrow.Uint64()),
    f32: vector([1.5, -0.25, null], new arrow.Float32()),
    flag: vector([true, false, null], new arrow.Bool()),
    text: vector(["é", "", null], new arrow.Utf8()),
    word: vector(["a", "b", null], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
    bytes: vector([new Uint8Array([0, 255]), new Uint8Array([]), null], new arrow.Binary()),
  }, {
    i8: [1, -128, null], u64: [whole("18446744073709551615"), 0, null], f32: [1.5, -0.25, null], flag: [true, false, null], text: ["é", "", null],
    word: ["a", "b", null], bytes: ["AP8=", "", null],
  }],
  times: [{
    date: vector([new Date("2024-02-29T00:00:00Z"), new Date("1969-12-31T00:00:00Z"), null], new arrow.DateDay()),
    ms: vector([when[0], when[1], null], new arrow.TimestampMillisecond()),
    time: vector([45296123, 0, null], new arrow.TimeMillisecond()),
  }, {
    date: ["2024-02-29", "1969-12-31", null], ms: whenCells.map((one) => one && one.replace("Z", "")), time: ["12:34:56.123000", "00:00:00", null],
  }],
  nested: [{
    list: vector([[1, null], [], null], new arrow.List(new arrow.Field("item", new arrow.Int32(), true))),
    struct: vector([{ a: 1, b: "x" }, { a: null, b: null }, null],
      new arrow.Struct([new arrow.Field("a", new arrow.Int32(), true), new arrow.Field("b", new arrow.Utf8(), true)])),
    map: vector([{ a: 1 }, {}, null], new arrow.Map_(new arrow.Field("entries",
      new arrow.Struct([new arrow.Field("key", new arrow.Utf8(), false), new arrow.Field("value", new arrow.Int32(), true)]), false))),
  }, { list: [[1, null], [], null], struct: [{ a: 1, b: "x" }, { a: null, b: null }, null], map: [{ a: 1 }, {}, null] }],
  durations: [{ length: vector([1500n, -1n, null], new arrow.DurationMillisecond()) }, { length: ["PT1.5S", "-PT0.001S", null] }],
};
for (const [theme, [columns, cells]] of Object.entries(tables)) {
  const table = new arrow.Table(columns);
  writeFileSync(`${place(`arrowjs-file-${theme}`, cells)}.arrow`, arrow.tableToIPC(table, "file"));
  const stream = arrow.tableToIPC(table, "stream");
  writeFileSync(`${place(`arrowjs-stream-${theme}`, cells)}.arrow`, stream);
  const properties = new wasm.WriterPropertiesBuilder().setCompression(wasm.Compression.ZSTD).build();
  writeFileSync(`${place(`parquet-wasm-${theme}`, cells)}.parquet`, wasm.writeParquet(wasm.Table.fromIPCStream(stream), properties));
}
process.stdout.write(JSON.stringify(handed));
