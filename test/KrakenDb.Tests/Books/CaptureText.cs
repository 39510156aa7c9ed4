using System.Globalization;
using System.Text;
using KrakenDb.Kraken;
using KrakenDb.Tests.House;

namespace KrakenDb.Tests.Books;

/// <summary>Recorded frames, split without the program's own reader.</summary>
internal static class CaptureText
{
    public static Func<IBookWire> Wire { get; } = () => new KrakenBookWire();

    public static string[] Names => ["crossbook_kraken_btcusd_l2.cbcap", "crossbook_kraken_btcusd_sample.cbcap"];

    public static string PathOf(string name) => Path.Combine(Required.SharedData(), "ws_v2", name);

    public static List<byte[]> Frames(string name)
    {
        var bytes = File.ReadAllBytes(PathOf(name));
        var frames = new List<byte[]>();
        var at = Array.IndexOf(bytes, (byte)'\n') + 1;
        while (at < bytes.Length)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', at);
            var length = int.Parse(Encoding.ASCII.GetString(bytes, at, end - at).Split(' ')[1], CultureInfo.InvariantCulture);
            frames.Add(bytes[(end + 1)..(end + 1 + length)]);
            at = end + 1 + length + 1;
        }

        return frames;
    }

    public static IEnumerable<byte[]> Lines(string path) =>
        File.ReadLines(Path.Combine(Required.SharedData(), "ws_v2", path)).Where(line => line.Length > 0).Select(Encoding.UTF8.GetBytes);
}
