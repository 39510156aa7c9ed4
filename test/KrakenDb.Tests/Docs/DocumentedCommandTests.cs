using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Docs;

/// <summary>Every command in README and docs runs, and prints what the page shows.</summary>
public sealed class DocumentedCommandTests(UserFolder folder) : IClassFixture<UserFolder>
{
    [Fact]
    public async Task Every_command_in_the_pages_runs_and_prints_what_is_shown()
    {
        // These run until they are stopped.
        var transcripts = Page.All().SelectMany(page => page.Transcripts()).Where(transcript => transcript.Arguments is not ["simulate" or "serve" or "serve-replay", ..]).ToList();
        transcripts.Count.ShouldBeGreaterThan(10);

        // Pages after the README lean on a store that has something in it.
        foreach (var transcript in transcripts)
        {
            var run = await folder.RunAsync(transcript.Arguments, TestContext.Current.CancellationToken);

            run.ExitCode.ShouldBe(0, $"{transcript}{Environment.NewLine}{run.Story}");
            transcript.Missing(run.Output, run.Error).ShouldBeNull($"{transcript} does not print it there. {run.Story}");
        }
    }

    [Fact]
    public void A_transcript_that_differs_is_noticed()
    {
        Transcript transcript = new("page", [], ["one", "…", "rows 1… s", "last"]);

        transcript.Missing("one\ntwo\nthree\nlast\n", "rows 1.5 s\n").ShouldBeNull();
        transcript.Missing("one\nrows 1.5 s\nmore\nlast\n", "").ShouldBe("last");
        transcript.Missing("two\none\nrows 1 s\nlast\n", "").ShouldBe("one");
        transcript.Missing("one\n", "").ShouldBe("rows 1… s");
    }
}
