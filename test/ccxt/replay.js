// Reads a replay of Kraken as ccxt's users do, and prints what they see as one JSON object.
// Usage: node replay.js REST_ADDRESS WEBSOCKET_ADDRESS SYMBOL SINCE_MILLISECONDS BOOKS
import ccxt from 'ccxt';

const [address, feed, symbol, since, books] = process.argv.slice(2);

const exchange = new ccxt.pro.kraken({ enableRateLimit: false, timeout: 20000 });
exchange.urls.api.public = address;
exchange.urls.api.ws.publicV2 = feed;
// Its check prints numbers without their zeros, so it fails at Kraken, too.
exchange.options.watchOrderBook = { checksum: false };
// It demands this for every address without TLS.
await exchange.loadHttpProxyAgent();
await exchange.loadMarkets();
const control = word => fetch(`${address}/control/replay?${word}`, { method: 'POST' });

const candles = await exchange.fetchOHLCV(symbol, '1m', Number(since));
const rest = (await exchange.fetchTrades(symbol, Number(since), 1000)).map(({ id, price, amount }) => [id, price, amount]);

// The first messages of both come while the clock stands, so that nothing is missed.
const row = ({ id, timestamp, price, amount, side, type }) => [id, timestamp, price, amount, side, type];
const seenBooks = [];
let begun = false;
const watchBook = async () => {
  while (seenBooks.length < Number(books)) {
    const { datetime, asks, bids } = await exchange.watchOrderBook(symbol, 25);
    begun = true;
    // It gives a snapshot no time.
    if (datetime !== undefined)
      seenBooks.push([datetime, asks.map(([price, amount]) => [price, amount]), bids.map(([price, amount]) => [price, amount])]);
  }
};
const trades = [];
let done = false;
const watchTrades = async () => {
  while (!done)
    trades.push(...(await exchange.watchTrades(symbol)).map(row));
};
const watching = watchTrades().catch(error => { if (!done) throw error; });
const book = watchBook();
while (!begun)
  await new Promise(resolve => setTimeout(resolve, 10));
await control('resume');
await book;
done = true;
await exchange.close();
await watching;
process.stdout.write(JSON.stringify({ candles, rest, trades, books: seenBooks }));
