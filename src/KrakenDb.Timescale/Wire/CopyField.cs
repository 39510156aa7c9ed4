using System.Buffers.Binary;
using System.Text;

namespace KrakenDb.Timescale.Wire;

/// <summary>A text with its length, encoded once for all rows.</summary>
internal readonly struct CopyField
{
    public CopyField(string text)
    {
        Bytes = new byte[4 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt32BigEndian(Bytes, Bytes.Length - 4);
        Encoding.UTF8.GetBytes(text, Bytes.AsSpan(4));
    }

    public byte[] Bytes { get; }
}
