// The usual bridge in JavaScript: a WebSocket whose frames go to Kafka, and nothing else.
//
//   node bridge.mjs URL BROKERS TOPIC await|batch
//
// `await` waits for every send before it takes the next frame, in order; `batch` sends what has come
// since the last answer in one call, with one call under way. It ends with a frame whose topic is
// `benchmark.end`, and prints one line: frames, CPU seconds, seconds, and milliseconds from the
// frame to the broker's answer.
import { Kafka, Partitioners, CompressionTypes, logLevel } from "kafkajs";
import WebSocket from "ws";

const [url, brokers, topic, way] = process.argv.slice(2);
const kafka = new Kafka({
  clientId: "bridge",
  brokers: brokers.split(","),
  logLevel: logLevel.ERROR,
});
const producer = kafka.producer({
  // The mock cluster has no coordinator that kafkajs finds: without idempotence it has less to do.
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner,
});
await producer.connect();

const waiting = [];
const waits = [];
let frames = 0;
let ended = false;
let working = false;
let started, cpu;

function message({ body }) {
  return { key: body.eventBody.id, value: JSON.stringify(body) };
}

async function send(part) {
  await producer.send({ topic, acks: -1, compression: CompressionTypes.None, messages: part.map(message) });
  const now = performance.now();
  for (const { at } of part) waits.push(now - at);
}

async function work() {
  if (working) return;
  working = true;
  while (waiting.length) await send(waiting.splice(0, way === "await" ? 1 : 5000));
  working = false;
  if (ended) await finish();
}

async function finish() {
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  waits.sort((a, b) => a - b);
  const share = (part) => waits[Math.min(waits.length - 1, Math.floor(part * waits.length))];
  const figures = {
    frames,
    cpu: (used.user + used.system) / 1e6,
    seconds,
    p50: share(0.5),
    p99: share(0.99),
  };
  await producer.disconnect();
  socket.close();
  console.log(JSON.stringify(figures));
}

const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on("message", (data) => {
  if (!frames) {
    started = performance.now();
    cpu = process.cpuUsage();
  }
  const body = JSON.parse(data);
  if (body.topicName === "benchmark.end") {
    ended = true;
  } else {
    frames += 1;
    waiting.push({ body, at: performance.now() });
  }
  void work();
});
