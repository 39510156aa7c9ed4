// Asks a Kraken-like exchange what ccxt can ask without an account, and prints the answers as one JSON object.
// Usage: node client.js ADDRESS SYMBOL SINCE_MILLISECONDS
import ccxt from 'ccxt';

const [address, symbol, since] = process.argv.slice(2);
const pageSize = 400;

// Its own limiter is off: the exchange has one where a test wants it.
const exchange = new ccxt.kraken({ enableRateLimit: false, timeout: 20000 });
exchange.urls.api.public = address;

const markets = await exchange.fetchMarkets();
await exchange.loadMarkets();
const time = await exchange.fetchTime();
const status = await exchange.fetchStatus();
const candles = await exchange.fetchOHLCV(symbol, '1m');
const hours = await exchange.fetchOHLCV(symbol, '1h', candles.at(-1)[0] - 5 * 3600000);
const book = await exchange.fetchOrderBook(symbol, 20);

// Pages as its users write them: on from the last trade's time, equal ids dropped.
const trades = new Map();
let pages = 0;
for (let from = Number(since); ; pages++) {
  const page = await exchange.fetchTrades(symbol, from, pageSize);
  const known = trades.size;
  for (const trade of page)
    trades.set(trade.id, [trade.id, trade.timestamp, trade.info[0], trade.info[1], trade.side, trade.type]);
  if (trades.size === known)
    break;
  from = page.at(-1).timestamp;
}

// What ccxt makes of what goes wrong.
const errors = {};
const failing = async (name, pair, prepare) => {
  await prepare?.();
  try {
    await exchange.publicGetTrades({ pair });
    errors[name] = 'none';
  } catch (error) {
    errors[name] = error.constructor.name;
  }
};
await failing('UnknownPair', 'NOPE');
for (const fault of ['TooManyRequests', 'RateLimitExceeded', 'Unavailable', 'HtmlError', 'CutConnection'])
  await failing(fault, 'XXBTZUSD', () => fetch(`${address}/control/fail?fault=${fault}`, { method: 'POST' }));

process.stdout.write(JSON.stringify({
  version: ccxt.version,
  markets: markets.map(({ id, symbol, base, quote, precision, active, taker }) => ({ id, symbol, base, quote, price: precision.price, amount: precision.amount, active, taker })),
  time, status: status.status, candles, hours, bids: book.bids, asks: book.asks, pages, trades: [...trades.values()], errors,
}));
