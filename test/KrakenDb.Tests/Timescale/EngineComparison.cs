using System.Globalization;
using KrakenDb.Tests.Cli;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>Runs every command on both stores and compares exit code and each byte of the output, which may be larger than memory.</summary>
/// <param name="folder">For the outputs.</param>
/// <param name="first">A store's URL or path.</param>
/// <param name="second">Of another engine.</param>
/// <param name="now">The program's time.</param>
internal sealed class EngineComparison(TemporaryFolder folder, string first, string second, DateTimeOffset now)
{
    private const int Misused = 2;

    /// <summary>Lines that were equal on both.</summary>
    public long Lines { get; private set; }

    /// <summary>Commands that were equal on both.</summary>
    public int Commands { get; private set; }

    /// <summary>As typed, without quotes.</summary>
    public Task SameAsync(string command) => SameAsync(command.Split(' '));

    public async Task SameAsync(params string[] arguments)
    {
        var ours = await RunAsync(first, folder["first.out"], arguments);
        var theirs = await RunAsync(second, folder["second.out"], arguments);
        var command = string.Join(' ', arguments);
        ours.Error.ShouldNotContain("Unrecognized", customMessage: $"{command} asks nothing");
        theirs.ExitCode.ShouldBe(ours.ExitCode, customMessage: $"{command}: '{theirs.Error}', where the first store says '{ours.Error}'");
        if (ours.ExitCode == Misused)
        {
            // A market or an interval that is not there: both say which are.
            theirs.Error.ShouldBe(ours.Error, customMessage: command);
        }

        SameText(command, folder["first.out"], folder["second.out"]);
        Commands++;
    }

    /// <summary>A command that ends with <c>--to</c> and writes a file of this extension.</summary>
    public async Task SameFileAsync(string extension, string command)
    {
        string[] files = [folder["first" + extension], folder["second" + extension]];
        foreach (var (store, file) in new[] { first, second }.Zip(files))
        {
            var run = await RunAsync(store, folder["to.out"], [.. command.Split(' '), file]);
            run.ExitCode.ShouldBe(0, $"{command}: {run.Error}");
        }

        if (string.Equals(extension, ".parquet", StringComparison.Ordinal))
        {
            File.ReadAllBytes(files[1]).AsSpan().SequenceEqual(File.ReadAllBytes(files[0])).ShouldBeTrue(command);
        }
        else
        {
            SameText(command, files[0], files[1]);
        }

        Commands++;
    }

    private async Task<(int ExitCode, string Error)> RunAsync(string store, string output, string[] arguments)
    {
        await using var file = File.Create(output);
        return await ProgramRun.IntoAsync(file, store: null, new ManualClock(now), TestContext.Current.CancellationToken, [.. arguments, "--db-url", store]);
    }

    private void SameText(string command, string ours, string theirs)
    {
        using var expected = File.ReadLines(ours).GetEnumerator();
        using var actual = File.ReadLines(theirs).GetEnumerator();
        for (var line = 1; ; line++)
        {
            var (hasExpected, hasActual) = (expected.MoveNext(), actual.MoveNext());
            if (!hasExpected && !hasActual)
            {
                return;
            }

            if (hasExpected != hasActual || expected.Current != actual.Current)
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{command}, line {line}: '{(hasActual ? actual.Current : "(end)")}' is not '{(hasExpected ? expected.Current : "(end)")}'"));
            }

            Lines++;
        }
    }
}
