// Drives an MQTT server with MQTT.js: node interop.js URL VERSION(4|5) [CAFILE]. Prints one line a step, 'all well' at the end, and exits 1 with the reason when something is wrong.
import { readFileSync } from 'node:fs'
import assert from 'node:assert/strict'
import mqtt from 'mqtt'

const [url, version, ca] = process.argv.slice(2)
const five = version === '5'
const root = `mqttjs/${process.pid}`
const patience = 30_000

const within = (what, promise) => {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: not within ${patience / 1000} s`)), patience) })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const options = (id, more = {}) => ({
  protocolVersion: Number(version), clientId: `${id}-${process.pid}`, reconnectPeriod: 50, connectTimeout: patience,
  ...(ca ? { ca: readFileSync(ca) } : {}), ...more,
})

const connect = (id, more) => within(`connect ${id}`, mqtt.connectAsync(url, options(id, more)))

class Inbox {
  messages = []
  waiters = []
  constructor(client) {
    client.on('message', (topic, payload, packet) => {
      this.messages.push({ topic, text: payload.toString(), packet })
      this.waiters.forEach(look => look())
    })
  }
  until(what, holds) {
    return within(what, new Promise(resolve => {
      const look = () => holds(this.messages) && resolve(this.messages)
      this.waiters.push(look)
      look()
    }))
  }
}

async function everyQos() {
  const subscriber = await connect('sub')
  const inbox = new Inbox(subscriber)
  const granted = await subscriber.subscribeAsync(`${root}/qos/#`, { qos: 2 })
  assert.equal(granted[0].qos, 2)
  const publisher = await connect('pub')
  for (const qos of [0, 1, 2]) {
    await within(`publish at QoS ${qos}`, Promise.all(Array.from({ length: 50 }, (_, i) => publisher.publishAsync(`${root}/qos/${qos}`, `报警 ${i}`, { qos }))))
    const got = await inbox.until(`messages at QoS ${qos}`, all => all.length >= 50)
    assert.deepEqual(got.map(m => m.text), Array.from({ length: 50 }, (_, i) => `报警 ${i}`))
    assert.ok(got.every(m => m.packet.qos === qos))
    inbox.messages.length = 0
  }
  await subscriber.unsubscribeAsync(`${root}/qos/#`)
  await Promise.all([subscriber.endAsync(), publisher.endAsync()])
}

async function retainedAndWill() {
  const publisher = await connect('keeper')
  await publisher.publishAsync(`${root}/kept`, 'value', { qos: 1, retain: true })
  const watcher = await connect('watcher')
  const inbox = new Inbox(watcher)
  await watcher.subscribeAsync([`${root}/kept`, `${root}/will`], { qos: 1 })
  const [kept] = await inbox.until('the retained message', all => all.length >= 1)
  assert.deepEqual([kept.text, kept.packet.retain], ['value', true])
  const mortal = await connect('mortal', { will: { topic: `${root}/will`, payload: Buffer.from('gone'), qos: 1, retain: false }, reconnectPeriod: 0 })
  mortal.stream.destroy()
  await inbox.until('the will', all => all.some(m => m.text === 'gone'))
  await publisher.publishAsync(`${root}/kept`, '', { qos: 1, retain: true })
  await Promise.all([publisher.endAsync(), watcher.endAsync(), mortal.endAsync(true)])
}

async function reconnectWithSession() {
  const keep = five ? { clean: false, properties: { sessionExpiryInterval: 300 } } : { clean: false }
  const sleeper = await connect('sleeper', keep)
  const inbox = new Inbox(sleeper)
  await sleeper.subscribeAsync(`${root}/night`, { qos: 2 })
  const publisher = await connect('day')
  const returned = new Promise(resolve => sleeper.once('connect', resolve))
  sleeper.stream.destroy()
  for (let i = 0; i < 20; i++) await publisher.publishAsync(`${root}/night`, `${i}`, { qos: 2 })
  const connack = await within('the reconnection', returned)
  assert.equal(connack.sessionPresent, true)
  const got = await inbox.until('what came meanwhile', all => all.length >= 20)
  assert.deepEqual(got.map(m => m.text), Array.from({ length: 20 }, (_, i) => `${i}`))
  // Its own publishes go on over a broken connection, each once.
  const listener = await connect('listener')
  const heard = new Inbox(listener)
  await listener.subscribeAsync(`${root}/own`, { qos: 2 })
  const sending = Array.from({ length: 20 }, (_, i) => sleeper.publishAsync(`${root}/own`, `${i}`, { qos: 2 }))
  sleeper.stream.destroy()
  await within('publishes over a reconnection', Promise.all(sending))
  await heard.until('its own', all => all.length >= 20)
  await publisher.publishAsync(`${root}/own`, 'last', { qos: 2 })
  const all = await heard.until('the last', list => list.at(-1)?.text === 'last')
  assert.deepEqual(all.map(m => m.text).slice(0, -1).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => `${i}`))
  await Promise.all([sleeper.endAsync(), publisher.endAsync(), listener.endAsync()])
}

async function properties() {
  const client = await connect('five', { properties: { topicAliasMaximum: 10, requestProblemInformation: true }, autoAssignTopicAlias: true })
  const inbox = new Inbox(client)
  await client.subscribeAsync(`${root}/five`, { qos: 1, properties: { subscriptionIdentifier: 9 } })
  for (let i = 0; i < 3; i++) {
    await client.publishAsync(`${root}/five`, `${i}`, { qos: 1, properties: { contentType: 'text/plain', responseTopic: `${root}/answers`, correlationData: Buffer.from([1, 2]), messageExpiryInterval: 60, userProperties: { a: 'b' } } })
  }
  const got = await inbox.until('the messages', all => all.length >= 3)
  for (const { topic, packet } of got) {
    assert.equal(topic, `${root}/five`)
    const p = packet.properties
    assert.deepEqual([p.contentType, p.responseTopic, [...p.correlationData], p.userProperties.a, p.subscriptionIdentifier], ['text/plain', `${root}/answers`, [1, 2], 'b', 9])
    assert.ok(p.messageExpiryInterval <= 60 && p.messageExpiryInterval > 0)
  }
  await client.endAsync()
}

const steps = [everyQos, retainedAndWill, reconnectWithSession, ...(five ? [properties] : [])]
for (const step of steps) {
  try {
    await step()
    console.log(`${step.name} ok`)
  } catch (error) {
    console.error(`${step.name}: ${error.stack}`)
    process.exit(1)
  }
}
console.log('all well')
process.exit(0)
