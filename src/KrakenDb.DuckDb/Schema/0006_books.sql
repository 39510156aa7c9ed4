-- Recorded order books. What a recording consists of is kept as digits and their decimals, which pack into few bytes; what people read (price, quantity, side,
-- times) is computed from them when it is asked for and takes no space.

CREATE TABLE capture_sessions (
    session_id         BIGINT    NOT NULL,
    symbol             VARCHAR   NOT NULL,
    connection_id      UBIGINT   NOT NULL,
    source             VARCHAR   NOT NULL,
    depth              INTEGER,
    price_precision    INTEGER   NOT NULL,
    quantity_precision INTEGER   NOT NULL,
    start_time         TIMESTAMP NOT NULL,
    end_time           TIMESTAMP NOT NULL,
    first_sequence     BIGINT    NOT NULL,
    last_sequence      BIGINT    NOT NULL,
    messages           BIGINT    NOT NULL,
    book_messages      BIGINT    NOT NULL,
    verified           BIGINT    NOT NULL,
    level_changes      BIGINT    NOT NULL
);

-- Times to the microsecond, and the nanoseconds beyond it. raw_message is null where the parsed fields give the very bytes: kraken-db book query message shows it all the same.
CREATE TABLE kraken_orderbook_messages (
    session_id       BIGINT   NOT NULL,
    sequence         BIGINT   NOT NULL,
    symbol           VARCHAR,
    channel          VARCHAR,
    type             VARCHAR,
    kind             UTINYINT NOT NULL,
    exchange_time    TIMESTAMP,
    received_time    TIMESTAMP NOT NULL,
    exchange_rest_ns SMALLINT  NOT NULL,
    received_rest_ns SMALLINT  NOT NULL,
    checksum         UINTEGER,
    verified         BOOLEAN,
    is_usual         BOOLEAN  NOT NULL,
    raw_message      BLOB,
    timestamp        TIMESTAMP GENERATED ALWAYS AS (coalesce(exchange_time, received_time)) VIRTUAL
);

-- What symbol and time the levels have, their message says: a copy of its time in every level would be the most expensive column of all.
CREATE TABLE orderbook_levels (
    session_id        BIGINT   NOT NULL,
    sequence          BIGINT   NOT NULL,
    is_bid            BOOLEAN  NOT NULL,
    ordinal           SMALLINT NOT NULL,
    price_digits      BIGINT   NOT NULL,
    price_decimals    UTINYINT NOT NULL,
    quantity_digits   HUGEINT  NOT NULL,
    quantity_decimals UTINYINT NOT NULL,
    side              VARCHAR GENERATED ALWAYS AS (CASE WHEN is_bid THEN 'bid' ELSE 'ask' END) VIRTUAL,
    price             DECIMAL(18,10) GENERATED ALWAYS AS (CASE price_decimals
            WHEN 0 THEN CAST(price_digits AS DECIMAL(18,10))
            WHEN 1 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.1 AS DECIMAL(1,1)) AS DECIMAL(18,10))
            WHEN 2 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.01 AS DECIMAL(2,2)) AS DECIMAL(18,10))
            WHEN 3 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.001 AS DECIMAL(3,3)) AS DECIMAL(18,10))
            WHEN 4 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.0001 AS DECIMAL(4,4)) AS DECIMAL(18,10))
            WHEN 5 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.00001 AS DECIMAL(5,5)) AS DECIMAL(18,10))
            WHEN 6 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.000001 AS DECIMAL(6,6)) AS DECIMAL(18,10))
            WHEN 7 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.0000001 AS DECIMAL(7,7)) AS DECIMAL(18,10))
            WHEN 8 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.00000001 AS DECIMAL(8,8)) AS DECIMAL(18,10))
            WHEN 9 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.000000001 AS DECIMAL(9,9)) AS DECIMAL(18,10))
            WHEN 10 THEN CAST(CAST(price_digits AS DECIMAL(18,0)) * CAST(0.0000000001 AS DECIMAL(10,10)) AS DECIMAL(18,10))
        END) VIRTUAL,
    quantity          DECIMAL(28,10) GENERATED ALWAYS AS (CASE quantity_decimals
            WHEN 0 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) AS DECIMAL(28,10))
            WHEN 1 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.1 AS DECIMAL(1,1)) AS DECIMAL(28,10))
            WHEN 2 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.01 AS DECIMAL(2,2)) AS DECIMAL(28,10))
            WHEN 3 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.001 AS DECIMAL(3,3)) AS DECIMAL(28,10))
            WHEN 4 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.0001 AS DECIMAL(4,4)) AS DECIMAL(28,10))
            WHEN 5 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.00001 AS DECIMAL(5,5)) AS DECIMAL(28,10))
            WHEN 6 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.000001 AS DECIMAL(6,6)) AS DECIMAL(28,10))
            WHEN 7 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.0000001 AS DECIMAL(7,7)) AS DECIMAL(28,10))
            WHEN 8 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.00000001 AS DECIMAL(8,8)) AS DECIMAL(28,10))
            WHEN 9 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.000000001 AS DECIMAL(9,9)) AS DECIMAL(28,10))
            WHEN 10 THEN CAST(CAST(quantity_digits AS DECIMAL(28,0)) * CAST(0.0000000001 AS DECIMAL(10,10)) AS DECIMAL(28,10))
        END) VIRTUAL
);

CREATE VIEW kraken_orderbook_entries AS
SELECT levels.session_id, levels.sequence, messages.timestamp, messages.symbol, levels.side, levels.ordinal, levels.price, levels.quantity,
       levels.price_decimals, levels.quantity_decimals
FROM orderbook_levels AS levels JOIN kraken_orderbook_messages AS messages USING (session_id, sequence);

-- Whole books every thousand updates of a symbol, from which any moment is reached in few steps. Derived, and verified by their checksum when used.
CREATE TABLE orderbook_keyframes (
    session_id       BIGINT   NOT NULL,
    symbol           VARCHAR  NOT NULL,
    sequence         BIGINT   NOT NULL,
    received_time_ns BIGINT   NOT NULL,
    exchange_time_ns BIGINT   NOT NULL,
    checksum         UINTEGER NOT NULL,
    levels           BLOB     NOT NULL
);

CREATE TABLE orderbook_incidents (
    session_id  BIGINT    NOT NULL,
    sequence    BIGINT    NOT NULL,
    symbol      VARCHAR   NOT NULL,
    kind        VARCHAR   NOT NULL,
    time        TIMESTAMP NOT NULL,
    expected    UINTEGER,
    computed    UINTEGER,
    book_before VARCHAR   NOT NULL,
    frame       VARCHAR   NOT NULL
);
