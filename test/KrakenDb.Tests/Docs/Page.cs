using KrakenDb.Tests.House;

namespace KrakenDb.Tests.Docs;

/// <summary>A page of Markdown: its fenced blocks, and the commands in them.</summary>
/// <param name="Path">From the root, with slashes.</param>
internal sealed record Page(string Path)
{
    // Both ends of a pipe or redirection are the shell's; what a usage line leaves open cannot be run.
    private static readonly char[] ShellMarks = ['|', '>', '#'];
    private static readonly char[] Placeholders = ['<', '['];

    public string Text { get; } = File.ReadAllText(Repository.PathOf(Path)).ReplaceLineEndings("\n");

    /// <summary>The README and everything in docs.</summary>
    public static IEnumerable<Page> All() => Repository.Files("docs", "*.md").Prepend("README.md").Select(path => new Page(path));

    /// <summary>Language and text of each fenced block, in order.</summary>
    public IEnumerable<(string Language, string Text)> Blocks()
    {
        string? language = null;
        var lines = new List<string>();
        foreach (var line in Text.Split('\n'))
        {
            if (!line.StartsWith("```", StringComparison.Ordinal))
            {
                lines.Add(line);
                continue;
            }

            if (language is not null)
            {
                yield return (language, string.Concat(lines.Select(text => text + "\n")));
            }

            language = language is null ? line[3..].Trim() : null;
            lines.Clear();
        }
    }

    /// <summary>The commands of all blocks, each with the lines that are shown below it.</summary>
    public IEnumerable<Transcript> Transcripts()
    {
        foreach (var (_, text) in Blocks())
        {
            Transcript? open = null;
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (Arguments(line) is { } arguments)
                {
                    if (open is not null)
                    {
                        yield return open;
                    }

                    open = new Transcript(Path, arguments, []);
                }
                else if (line.StartsWith('$') || line.StartsWith("./", StringComparison.Ordinal))
                {
                    throw new FormatException($"{Path}: '{line}' is a command that no test can run.");
                }
                else if (open is not null && text.StartsWith('$'))
                {
                    open.Shown.Add(line);
                }
            }

            if (open is not null)
            {
                yield return open;
            }
        }
    }

    private static string[]? Arguments(string line)
    {
        var words = line.Split(ShellMarks)[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(word => word == "$").ToArray();
        return words is ["kraken-db" or "./kraken-db", .. var arguments] && line.IndexOfAny(Placeholders) < 0 && !words.Contains("…", StringComparer.Ordinal) ? arguments : null;
    }
}

/// <summary>A command of a page and what the page shows of its output: whole lines in order, where … stands for any text or any lines.</summary>
internal sealed record Transcript(string Page, string[] Arguments, List<string> Shown)
{
    public override string ToString() => $"{Page}: kraken-db {string.Join(' ', Arguments)}";

    /// <summary>The first shown line that neither stream has at its turn, or null. On a terminal both streams are one, so each shown line may be of either.</summary>
    public string? Missing(string output, string error)
    {
        var streams = new[] { new Printed(output), new Printed(error) };
        foreach (var shown in Shown)
        {
            if (shown == "…")
            {
                Array.ForEach(streams, stream => stream.MaySkip = true);
            }
            else if (!Array.Exists(streams, stream => stream.TryTake(shown, skip: false)) && !Array.Exists(streams, stream => stream.TryTake(shown, stream.MaySkip)))
            {
                return shown;
            }
        }

        return null;
    }

    private static bool Fits(string shown, string line) => shown.Split('…') is [var head, var tail]
        ? line.StartsWith(head, StringComparison.Ordinal) && line.EndsWith(tail, StringComparison.Ordinal)
        : shown == line;

    private sealed class Printed(string text)
    {
        private readonly Queue<string> _lines = new(text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd()));

        public bool MaySkip { get; set; }

        public bool TryTake(string shown, bool skip)
        {
            if (!(skip ? _lines.Any(line => Fits(shown, line)) : _lines.TryPeek(out var next) && Fits(shown, next)))
            {
                return false;
            }

            string taken;
            do
            {
                taken = _lines.Dequeue();
            }
            while (!Fits(shown, taken));

            MaySkip = false;
            return true;
        }
    }
}
