using System.Globalization;
using System.Text;

namespace KrakenDb.Simulator;

/// <summary>Every message of every connection, a line each: the connection's id, a tab, the text. Belongs to whoever gave the stream.</summary>
internal sealed class SentLog(Stream stream)
{
    private readonly Lock _lock = new();

    public void Add(ulong connectionId, ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            stream.Write(Encoding.ASCII.GetBytes(connectionId.ToString(CultureInfo.InvariantCulture)));
            stream.WriteByte((byte)'\t');
            stream.Write(message);
            stream.WriteByte((byte)'\n');
        }
    }

    public void Flush()
    {
        lock (_lock)
        {
            stream.Flush();
        }
    }
}
