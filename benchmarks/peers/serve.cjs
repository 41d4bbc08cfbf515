"use strict";
// Answer requests of benchmarks/peers/node.py, one JSON object per line on stdin:
//   {"load": {"lines": [...], "promotions": [...]}}  ->  {"total": minor units, "adjustments": n}
//   {"run": n}                                       ->  {"cpu": µs, "wall": µs} of all n runs
// The CPU time is that of the whole process, garbage collection and the compiler included.

const readline = require("node:readline");

/** Serve an engine: `load(basket)` gives a function that prices it once. */
module.exports = async function serve(load) {
  let price = null;
  const answers = {
    async load(basket) {
      price = await load(basket);
      return price();
    },
    async run(count) {
      const cpu = process.cpuUsage();
      const wall = process.hrtime.bigint();
      for (let n = 0; n < count; n += 1) {
        await price();
      }
      const spent = process.cpuUsage(cpu);
      const passed = Number(process.hrtime.bigint() - wall) / 1000;
      return { cpu: spent.user + spent.system, wall: passed };
    },
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [[name, argument]] = Object.entries(JSON.parse(line));
    process.stdout.write(`${JSON.stringify(await answers[name](argument))}\n`);
  }
};
