-- The documents' table of backtests. JSON is kept as the text that was given.

CREATE TABLE backtest_runs (
    id            VARCHAR   NOT NULL,
    strategy_name VARCHAR   NOT NULL,
    symbols       VARCHAR[] NOT NULL,
    start_time    TIMESTAMP NOT NULL,
    end_time      TIMESTAMP NOT NULL,
    parameters    VARCHAR   NOT NULL,
    metrics       VARCHAR   NOT NULL,
    trades        VARCHAR,
    equity_curve  VARCHAR,
    created_at    TIMESTAMP NOT NULL
);
