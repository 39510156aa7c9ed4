namespace KrakenDb;

/// <summary>A live stream of an exchange: connects, subscribes, and stays until it is cancelled, whatever the network does. <c>KrakenLiveFeed</c> is one.</summary>
internal interface ILiveFeed
{
    /// <summary>
    /// Runs until cancelled. Connection losses, refused symbols and maintenance are told to the handler and never end it. With several connections the handler's
    /// methods may be called by several threads, but never two at once for one connection; a symbol belongs to one connection.
    /// </summary>
    Task RunAsync(LiveSubscription subscription, ILiveFeedHandler handler, CancellationToken cancellationToken);

    /// <summary>Ends the connection that the symbol is on, and makes a new one: for a caller that knows of trades which the feed did not bring.</summary>
    void Reconnect(string symbol, string reason);

    /// <summary>Unsubscribes one symbol's book and subscribes it again, because its checksum failed.</summary>
    void ResubscribeBook(string symbol);
}
