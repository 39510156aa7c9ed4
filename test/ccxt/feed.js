// Watches a Kraken-like exchange as ccxt's users do, and prints what they see as one JSON object.
// Usage: node feed.js REST_ADDRESS WEBSOCKET_ADDRESS SYMBOL
import ccxt from 'ccxt';

const [address, feed, symbol] = process.argv.slice(2);
const wanted = { trades: 60, candles: 60, books: 300 };

const exchange = new ccxt.pro.kraken({ enableRateLimit: false, timeout: 20000 });
exchange.urls.api.public = address;
exchange.urls.api.ws.publicV2 = feed;
// Its check prints numbers without their zeros, so it fails at Kraken, too.
exchange.options.watchOrderBook = { checksum: false };
// It demands this for every address without TLS.
await exchange.loadHttpProxyAgent();
await exchange.loadMarkets();

const trades = [];
const watchTrades = async () => {
  while (trades.length < wanted.trades)
    trades.push(...(await exchange.watchTrades(symbol)).map(({ id, timestamp, price, amount, side, type }) => [id, timestamp, price, amount, side, type]));
};
const watchCandles = async () => {
  for (let updates = 0; updates < wanted.candles; updates++)
    await exchange.watchOHLCV(symbol, '1m');
};
const books = [];
const watchBook = async () => {
  while (books.length < wanted.books) {
    const { datetime, asks, bids } = await exchange.watchOrderBook(symbol, 10);
    if (datetime !== undefined)
      books.push([datetime, asks.map(([price, amount]) => [price, amount]), bids.map(([price, amount]) => [price, amount])]);
  }
};
await Promise.all([watchTrades(), watchCandles(), watchBook()]);
// All it has kept: an update that it took in together with the next has no turn of its own above.
const candles = [...exchange.ohlcvs[symbol]['1m']];
await exchange.close();
process.stdout.write(JSON.stringify({ trades, candles, books }));
