// Prints the network's events: node subscribe.mjs [TOPIC ...]
import { Kafka, logLevel } from "kafkajs";

const topics = process.argv.slice(2);
if (topics.length === 0) topics.push("directory.center.v1");

const kafka = new Kafka({
  clientId: "example-node",
  brokers: (process.env.BOOTSTRAP ?? "127.0.0.1:9092").split(","),
  logLevel: logLevel.ERROR,
});
const consumer = kafka.consumer({ groupId: process.env.GROUP ?? "example-node" });
const lastSequence = new Map();

/** A record of the binary content mode as a CloudEvent: attributes from the headers, data from the value. */
function toEvent(message) {
  const event = { data: JSON.parse(message.value.toString()) };
  for (const [name, value] of Object.entries(message.headers)) {
    if (name.startsWith("ce_")) event[name.slice(3)] = value.toString();
  }
  if (event.specversion !== "1.0") throw new Error("not a CloudEvent");
  return event;
}

/** False for an event that came before: the same event may come twice. */
function isNew(topic, event) {
  const key = `${topic} ${event.subject}`;
  const sequence = Number(event.sequence);
  if (sequence <= (lastSequence.get(key) ?? 0)) return false;
  lastSequence.set(key, sequence);
  return true;
}

await consumer.connect();
await consumer.subscribe({ topics, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ topic, partition, message }) => {
    try {
      const event = toEvent(message);
      if (!isNew(topic, event)) return;
      console.log(`${event.time} ${event.type} ${event.subject} #${event.sequence}`);
      console.log(`  ${JSON.stringify(event.data)}`);
    } catch (error) {
      console.log(`passed over ${topic} ${partition}:${message.offset}: ${error.message}`);
    }
  },
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await consumer.disconnect();
    process.exit(0);
  });
}
