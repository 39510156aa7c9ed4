// Keeps books from the raw messages of a Kraken-like exchange and verifies every checksum, with nothing but Node.js and a socket.
// Usage: node checksums.js WEBSOCKET_ADDRESS SYMBOL,SYMBOL DEPTH,DEPTH MESSAGES
import WebSocket from 'ws';
import { crc32 } from 'node:zlib';

const [feed, symbols, depths, count] = process.argv.slice(2);
const seen = { messages: 0, wrong: 0, doubled: 0, deletes: 0, unknownDeletes: 0, sizes: {} };

// A number of JSON loses the zeros that the checksum needs: prices and quantities become texts first.
const parse = text => JSON.parse(text.replace(/"(price|qty)":([^,}]+)/g, '"$1":"$2"'));
const digits = text => text.replace('.', '').replace(/^0+/, '');

const apply = (side, levels) => {
  if (new Set(levels.map(level => level.price)).size < levels.length)
    seen.doubled++;
  for (const { price, qty } of levels) {
    const removes = Number(qty) === 0;
    seen.deletes += removes ? 1 : 0;
    seen.unknownDeletes += removes && !side.has(price) ? 1 : 0;
    if (removes)
      side.delete(price);
    else
      side.set(price, qty);
  }
};

const watch = depth => new Promise((resolve, reject) => {
  const books = new Map();
  const socket = new WebSocket(feed);
  let left = Number(count);
  socket.on('open', () => socket.send(JSON.stringify({ method: 'subscribe', params: { channel: 'book', symbol: symbols.split(','), depth } })));
  socket.on('error', reject);
  socket.on('message', data => {
    const message = parse(data.toString());
    if (message.channel !== 'book' || left === 0)
      return;
    const [update] = message.data;
    if (message.type === 'snapshot')
      books.set(update.symbol, { asks: new Map(), bids: new Map() });
    const book = books.get(update.symbol);
    apply(book.asks, update.asks);
    apply(book.bids, update.bids);
    const best = (side, sign) => [...side].sort((a, b) => sign * (Number(a[0]) - Number(b[0]))).slice(0, depth);
    book.asks = new Map(best(book.asks, 1));
    book.bids = new Map(best(book.bids, -1));
    const text = [...book.asks].slice(0, 10).concat([...book.bids].slice(0, 10)).map(([price, qty]) => digits(price) + digits(qty)).join('');
    seen.messages++;
    seen.wrong += crc32(text) === update.checksum ? 0 : 1;
    if (--left === 0) {
      seen.sizes[depth] = [...books.values()].map(({ asks, bids }) => [asks.size, bids.size]);
      socket.close();
      resolve();
    }
  });
});
await Promise.all(depths.split(',').map(depth => watch(Number(depth))));
process.stdout.write(JSON.stringify(seen));
